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
#include <fstream>
#include <string>

#include "sim/device/fault.hpp"

namespace hal::sim::device {
namespace {

constexpr int kParentCheckMs = 200;  // only on systems without pidfd
constexpr std::uint64_t kShortestCheckNs = 1'000'000;

itimerspec after(std::uint64_t ns) {
  itimerspec spec = {};
  spec.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000u);
  spec.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000u);
  return spec;
}

// Not exit(): destructors of kernel objects must not run while other threads still run kernels.
[[noreturn]] void leave() {
  std::fflush(nullptr);
  _exit(EXIT_SUCCESS);
}

// The file has three numbers: nanoseconds on a processor, nanoseconds waiting for one, and the number of time slices.
std::uint64_t waited_ns(int thread) {
  if (thread == 0) return 0;
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/schedstat");
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

}  // namespace

void RunQueueDelay::begin(const std::vector<int> &threads) {
  threads_.clear();
  for (const int id : threads) threads_.push_back({id, waited_ns(id)});
}

std::uint64_t RunQueueDelay::longest_ns() const {
  std::uint64_t longest = 0;
  for (const Thread &thread : threads_) {
    const std::uint64_t now = waited_ns(thread.id);
    longest = std::max(longest, now - std::min(now, thread.before_ns));
  }
  return longest;
}

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

// This is all that the dispatcher does for a launch that ends in time. The first check, long before the limit, starts
// to count how long workers wait for a processor.
void Supervisor::begin(const wire::Command &command) {
  const std::lock_guard lock(mutex_);
  watched_ = &command;
  checked_ = false;
  started_ns_ = wire::now_ns();
  first_check_ns_ = std::max(command.timeout_ns / 16, std::min(command.timeout_ns / 2, kShortestCheckNs));
  set_timer(first_check_ns_);
}

void Supervisor::end() {
  const std::lock_guard lock(mutex_);
  watched_ = nullptr;
}

void Supervisor::check_time_limit(const Engine &engine) {
  std::uint64_t expirations = 0;
  if (read(timer_, &expirations, sizeof expirations) != sizeof expirations) return;
  const std::lock_guard lock(mutex_);
  if (watched_ == nullptr) return;
  const std::uint64_t now = wire::now_ns();
  if (!checked_) {  // a busy machine may delay the check; the delay does not count
    checked_ = true;
    counted_ns_ = std::min(now - started_ns_, first_check_ns_);
    checked_at_ns_ = now;
    delay_.begin(engine.workers().threads());
  }
  const std::uint64_t since = now - checked_at_ns_;
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
  control_.kill_points.pass(wire::KillPoint::kRequestTake);
  const wire::Reply reply = engine.objects().answer(request, fd);
  control_.kill_points.pass(wire::KillPoint::kRequestAnswer);
  if (!wire::send_message(socket_, &reply, sizeof reply)) leave();
}

void Supervisor::serve(Engine &engine) {
  pollfd events[] = {{socket_, POLLIN, 0}, {timer_, POLLIN, 0}, {parent_fd_, POLLIN, 0}};
  for (;;) {
    if (poll(events, 3, parent_fd_ >= 0 ? -1 : kParentCheckMs) < 0 && errno != EINTR) leave();
    if (events[2].revents != 0 || parent_is_gone()) leave();
    if (events[1].revents != 0) check_time_limit(engine);
    if (events[0].revents != 0) answer(engine);
  }
}

}  // namespace hal::sim::device
