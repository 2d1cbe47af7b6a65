// SPDX-License-Identifier: Apache-2.0
#include "sim/host/commands/launch_deadline.hpp"

#include <algorithm>
#include <string>

namespace hal::sim {
namespace {

constexpr std::uint64_t kGraceNs = 1'000'000'000;
constexpr std::uint64_t kAlwaysCounts = 16;  // this part of the time: 1/16

}  // namespace

bool LaunchDeadline::enforce(std::uint64_t submitted) {
  if (!engine_.enforces_limits()) return false;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return false;  // another waiter does it
  const wire::Control &control = engine_.control();
  const std::uint64_t consumed = control.consumed.load(std::memory_order_acquire);
  const bool possible = running_ <= consumed && consumed <= submitted;  // a kernel may have overwritten the count
  if (possible && (consumed != running_ || consumed == submitted)) {
    watch(consumed);
    return false;
  }
  time_.add(wire::now_ns());
  const std::uint64_t limit_ns = limits_[running_ % wire::kRingSlots].load(std::memory_order_acquire);
  if (limit_ns == UINT64_MAX || !is_over(limit_ns)) return false;
  // The limit may be the one of a later command if this one has ended since the count was read.
  if (possible && control.consumed.load(std::memory_order_acquire) != consumed) return false;
  if (engine_.is_traced()) {
    watch(running_);
    return false;
  }
  engine_.end_overdue(control.ring[running_ % wire::kRingSlots], time_.counted_ns());
  return true;
}

// The time in which threads of the device process waited for a processor does not count. It is read from half of the
// limit on, and at the latest after the grace time, so that a launch within its limit is not ended. But a part of the
// time always counts: the host may wait for a processor too, and then counts less time than these threads.
bool LaunchDeadline::is_over(std::uint64_t limit_ns) {
  const std::uint64_t elapsed = time_.counted_ns();
  if (!counts_delay_ && elapsed >= std::min(limit_ns / 2, kGraceNs)) {
    delay_.begin(std::to_string(engine_.process_id()));
    counts_delay_ = true;
  }
  if (elapsed < kGraceNs || elapsed - kGraceNs < limit_ns) return false;
  const std::uint64_t delay = std::min(delay_.longest_ns(), elapsed - elapsed / kAlwaysCounts);
  return elapsed - std::min(elapsed, delay + kGraceNs) >= limit_ns;
}

void LaunchDeadline::watch(std::uint64_t number) {
  running_ = number;
  time_.restart(wire::now_ns());
  counts_delay_ = false;
}

void LaunchDeadline::clear() {
  const std::lock_guard lock(mutex_);
  watch(0);
}

}  // namespace hal::sim
