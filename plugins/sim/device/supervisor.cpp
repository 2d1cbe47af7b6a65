// SPDX-License-Identifier: Apache-2.0
#include "sim/device/supervisor.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "sim/device/fault.hpp"

namespace hal::sim::device {
namespace {

constexpr int kParentLookMs = 200;  // only where there is no pidfd
constexpr std::uint64_t kShortestLookNs = 1'000'000;

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

Supervisor::Supervisor(wire::Control &control, int socket, int parent)
    : control_(control),
      socket_(socket),
      parent_(parent),
      parent_fd_(static_cast<int>(syscall(SYS_pidfd_open, parent, 0))),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {}

void Supervisor::set_timer(std::uint64_t ns) const {
  const itimerspec spec = after(std::max<std::uint64_t>(ns, 1));
  timerfd_settime(timer_, 0, &spec, nullptr);
}

// The dispatcher does no more than this for a launch that ends in time; what its workers have waited for until then is
// read at the first look, long before the limit.
void Supervisor::begin(const wire::Command &command) {
  const std::lock_guard lock(mutex_);
  watched_ = &command;
  looked_ = false;
  started_ns_ = wire::now_ns();
  first_look_ns_ = std::max(command.timeout_ns / 16, std::min(command.timeout_ns / 2, kShortestLookNs));
  set_timer(first_look_ns_);
}

void Supervisor::end() {
  const std::lock_guard lock(mutex_);
  watched_ = nullptr;
}

void Supervisor::look_at_the_clock(const Engine &engine) {
  std::uint64_t expirations = 0;
  if (read(timer_, &expirations, sizeof expirations) != sizeof expirations) return;
  const std::lock_guard lock(mutex_);
  if (watched_ == nullptr) return;
  const std::uint64_t now = wire::now_ns();
  if (!looked_) {  // late, if it is, because the machine is busy
    looked_ = true;
    counted_ns_ = std::min(now - started_ns_, first_look_ns_);
    looked_at_ns_ = now;
    delay_.begin(engine.workers().threads());
  }
  const std::uint64_t since = now - looked_at_ns_;
  const std::uint64_t elapsed_ns = counted_ns_ + since - std::min(since, delay_.longest_ns());
  if (elapsed_ns >= watched_->timeout_ns) fault::time_out(*watched_, elapsed_ns, engine.workers().threads());
  set_timer(watched_->timeout_ns - elapsed_ns);
}

bool Supervisor::parent_is_gone() const { return getppid() != parent_; }

void Supervisor::answer(Engine &engine) {
  wire::Request request = {};
  int fd = -1;
  if (!wire::receive_message(socket_, &request, sizeof request, &fd)) leave();
  if (request.kind == wire::RequestKind::kStop) leave();
  control_.deaths.pass(wire::DeathPoint::kRequestTake);
  const wire::Reply reply = engine.objects().answer(request, fd);
  control_.deaths.pass(wire::DeathPoint::kRequestAnswer);
  if (!wire::send_message(socket_, &reply, sizeof reply)) leave();
}

void Supervisor::serve(Engine &engine) {
  pollfd events[] = {{socket_, POLLIN, 0}, {timer_, POLLIN, 0}, {parent_fd_, POLLIN, 0}};
  for (;;) {
    if (poll(events, 3, parent_fd_ >= 0 ? -1 : kParentLookMs) < 0 && errno != EINTR) leave();
    if (events[2].revents != 0 || parent_is_gone()) leave();
    if (events[1].revents != 0) look_at_the_clock(engine);
    if (events[0].revents != 0) answer(engine);
  }
}

}  // namespace hal::sim::device
