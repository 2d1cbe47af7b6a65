// SPDX-License-Identifier: Apache-2.0
#include "sim/device/supervisor.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "sim/device/fault.hpp"

namespace hal::sim::device {
namespace {

constexpr int kParentCheckMs = 200;  // only on systems without pidfd
constexpr std::uint64_t kShortestCheckNs = 1'000'000;
constexpr suseconds_t kFlushUs = 100'000;

itimerspec after(std::uint64_t ns) {
  itimerspec spec = {};
  spec.it_value.tv_sec = static_cast<time_t>(ns / 1'000'000'000u);
  spec.it_value.tv_nsec = static_cast<long>(ns % 1'000'000'000u);
  return spec;
}

// Not exit(): destructors of kernel objects must not run while other threads still run kernels. A thread may hold the
// lock of a stream for ever, so SIGALRM ends the process if the flush does not end.
[[noreturn]] void leave() {
  signal(SIGALRM, SIG_DFL);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  const itimerval limit = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = kFlushUs}};
  setitimer(ITIMER_REAL, &limit, nullptr);
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

// This is all that the dispatcher does for a launch that ends in time. The first check, long before the limit, starts
// to count how long workers wait for a processor.
void Supervisor::begin(const wire::Command &command) {
  const std::lock_guard lock(mutex_);
  watched_ = &command;
  checked_ = false;
  time_.restart(wire::now_ns());
  first_check_ns_ =
      std::min(wire::kSliceNs, std::max(command.timeout_ns / 16, std::min(command.timeout_ns / 2, kShortestCheckNs)));
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
  if (!checked_) {  // a busy machine may delay the first check; the delay does not count
    checked_ = true;
    checked_at_ns_ = now;
    first_ns_ = time_.add(now, first_check_ns_);
    delay_.begin("self", engine.workers().threads());
    own_delay_.begin("self", {getpid()});
  } else {
    time_.add(now);
  }
  const std::uint64_t passed_ns = first_ns_ + (now - checked_at_ns_);
  std::uint64_t elapsed_ns = passed_ns;
  if (passed_ns >= watched_->timeout_ns) {
    // A long slice counts only as far as this thread waited for a processor. Otherwise the process was frozen.
    elapsed_ns = std::min(passed_ns, time_.counted_ns() + own_delay_.longest_ns());
    elapsed_ns -= std::min(elapsed_ns, delay_.longest_ns());
  }
  if (elapsed_ns >= watched_->timeout_ns) fault::time_out(*watched_, elapsed_ns, engine.workers().threads());
  set_timer(std::min(watched_->timeout_ns - elapsed_ns, wire::kSliceNs));
}

bool Supervisor::parent_is_gone() const { return getppid() != parent_; }

void Supervisor::take_request() {
  Pending pending = {.request = {}, .fd = -1};
  if (!wire::receive_message(socket_, &pending.request, sizeof pending.request, pending.fd)) leave();
  if (pending.request.kind == wire::RequestKind::kStop) leave();
  control_.kill_points.pass(wire::KillPoint::kRequestTake);
  const std::lock_guard lock(requests_mutex_);
  requests_.push_back(pending);
  requests_changed_.notify_one();
}

Supervisor::Pending Supervisor::next_request() {
  std::unique_lock lock(requests_mutex_);
  requests_changed_.wait(lock, [this] { return !requests_.empty(); });
  const Pending next = requests_.front();
  requests_.pop_front();
  return next;
}

void Supervisor::answer_requests(Engine &engine) {
  fault::prepare_thread();
  for (;;) {
    const Pending next = next_request();
    const wire::Reply reply = engine.objects().answer(next.request, next.fd);
    control_.kill_points.pass(wire::KillPoint::kRequestAnswer);
    if (!wire::send_message(socket_, &reply, sizeof reply)) leave();
  }
}

void Supervisor::serve(Engine &engine) {
  std::thread([this, &engine] { answer_requests(engine); }).detach();
  pollfd events[] = {{socket_, POLLIN, 0}, {timer_, POLLIN, 0}, {parent_fd_, POLLIN, 0}};
  for (;;) {
    if (poll(events, 3, parent_fd_ >= 0 ? -1 : kParentCheckMs) < 0) {
      if (errno == EINTR) continue;
      leave();
    }
    if (events[2].revents != 0 || parent_is_gone()) leave();
    if (events[1].revents != 0) check_time_limit(engine);
    if (events[0].revents != 0) take_request();
  }
}

}  // namespace hal::sim::device
