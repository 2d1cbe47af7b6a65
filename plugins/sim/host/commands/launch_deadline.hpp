// SPDX-License-Identifier: Apache-2.0
//
// The host's own deadline of launches with a time limit. The device process enforces the limit, unless it is stopped or
// executes another program, or a kernel has disturbed it. One second after the limit the host ends it.
#ifndef HAL_PLUGINS_SIM_HOST_COMMANDS_LAUNCH_DEADLINE_HPP_
#define HAL_PLUGINS_SIM_HOST_COMMANDS_LAUNCH_DEADLINE_HPP_

#include <atomic>
#include <cstdint>
#include <mutex>

#include "sim/host/process/engine.hpp"
#include "sim/wire/run_queue_delay.hpp"
#include "sim/wire/sliced_time.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

class LaunchDeadline {
 public:
  explicit LaunchDeadline(Engine &engine) : engine_(engine) {}
  LaunchDeadline(const LaunchDeadline &) = delete;
  LaunchDeadline &operator=(const LaunchDeadline &) = delete;

  // Call it before the command is published. UINT64_MAX: no limit.
  void set(std::uint64_t number, std::uint64_t limit_ns) noexcept {
    limits_[number % wire::kRingSlots].store(limit_ns, std::memory_order_release);
  }
  // Adds the time since the last call to the time of the running command. Waiters call it every few milliseconds.
  // submitted: the number of submitted commands. Returns true if it has ended the device.
  bool enforce(std::uint64_t submitted);
  // For a new engine.
  void clear();

 private:
  void watch(std::uint64_t number);
  bool is_over(std::uint64_t limit_ns);

  Engine &engine_;
  // Not in the shared memory, which a kernel may overwrite.
  std::atomic<std::uint64_t> limits_[wire::kRingSlots] = {};

  std::mutex mutex_;           // of all that follows
  std::uint64_t running_ = 0;  // the number of the command that runs
  wire::SlicedTime time_;      // of that command
  bool counts_delay_ = false;
  wire::RunQueueDelay delay_;  // of the threads of the device process
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_COMMANDS_LAUNCH_DEADLINE_HPP_
