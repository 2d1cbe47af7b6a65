// SPDX-License-Identifier: Apache-2.0
#include "sim/device/supervisor.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "sim/device/fault.hpp"

namespace hal::sim::device {
namespace {

constexpr int kParentLookMs = 200;  // only where there is no pidfd

itimerspec after(std::uint64_t ns) {
  itimerspec spec = {};
  spec.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000u);
  spec.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000u);
  return spec;
}

// Not exit(): nothing of a kernel object's destructors runs while other threads still run kernels.
[[noreturn]] void leave() {
  std::fflush(nullptr);
  _exit(EXIT_SUCCESS);
}

}  // namespace

Supervisor::Supervisor(int socket, int parent)
    : socket_(socket),
      parent_(parent),
      parent_fd_(static_cast<int>(syscall(SYS_pidfd_open, parent, 0))),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {}

void Supervisor::begin(const wire::Command &command) {
  const std::lock_guard lock(mutex_);
  watched_ = &command;
  started_ns_ = wire::now_ns();
  const itimerspec spec = after(command.timeout_ns);
  timerfd_settime(timer_, 0, &spec, nullptr);
}

void Supervisor::end() {
  const std::lock_guard lock(mutex_);
  watched_ = nullptr;
}

void Supervisor::look_at_the_clock() {
  std::uint64_t expirations = 0;
  if (read(timer_, &expirations, sizeof expirations) != sizeof expirations) return;
  const std::lock_guard lock(mutex_);
  if (watched_ == nullptr) return;
  const std::uint64_t elapsed_ns = wire::now_ns() - started_ns_;
  if (elapsed_ns >= watched_->timeout_ns)
    fault::time_out(*watched_, elapsed_ns);  // else the timer of an earlier launch
}

bool Supervisor::parent_is_gone() const { return getppid() != parent_; }

void Supervisor::answer(Engine &engine) {
  wire::Request request = {};
  int fd = -1;
  if (!wire::receive_message(socket_, &request, sizeof request, &fd)) leave();
  if (request.kind == wire::RequestKind::kStop) leave();
  const wire::Reply reply = engine.objects().answer(request, fd);
  if (!wire::send_message(socket_, &reply, sizeof reply)) leave();
}

void Supervisor::serve(Engine &engine) {
  pollfd events[] = {{socket_, POLLIN, 0}, {timer_, POLLIN, 0}, {parent_fd_, POLLIN, 0}};
  for (;;) {
    if (poll(events, 3, parent_fd_ >= 0 ? -1 : kParentLookMs) < 0 && errno != EINTR) leave();
    if (events[2].revents != 0 || parent_is_gone()) leave();
    if (events[1].revents != 0) look_at_the_clock();
    if (events[0].revents != 0) answer(engine);
  }
}

}  // namespace hal::sim::device
