// SPDX-License-Identifier: Apache-2.0
//
// The ring of commands between the host and the engine of one device, and how the host waits for progress.
#ifndef HAL_PLUGINS_SIM_HOST_COMMANDS_COMMAND_RING_HPP_
#define HAL_PLUGINS_SIM_HOST_COMMANDS_COMMAND_RING_HPP_

#include <algorithm>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <mutex>

#include "sim/host/commands/launch_deadline.hpp"
#include "sim/host/options.hpp"
#include "sim/host/process/engine.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

enum class Waited { kDone, kTimeout, kLost };

// How to wait.
struct Waiting {
  std::uint64_t timeout_ns = UINT64_MAX;
  bool spin = true;        // before sleeping; false after the device had to be woken
  bool long_work = false;  // sleep at once: a worker of the device may need this processor
  std::uint64_t at = 0;    // the number of completed commands to wake up for; 0: wake up for each
};

class CommandRing {
 public:
  CommandRing(Engine &engine, const Options &options)
      : engine_(engine),
        control_(engine.control()),
        workers_(options.workers),
        timeout_ns_(options.timeout_ns),
        deadline_(engine) {}
  CommandRing(const CommandRing &) = delete;
  CommandRing &operator=(const CommandRing &) = delete;

  Engine &engine() { return engine_; }
  std::uint64_t default_timeout_ns() const { return timeout_ns_; }

  struct Submitted {
    std::uint64_t count;  // commands so far, with this one
    bool woke;            // the device was asleep
  };

  // Writes one command with fill(command, descriptors) and publishes it. Throws plugin::Failure: DEVICE_LOST.
  template <typename Fill>
  Submitted submit(Fill &&fill) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = reserve_slot();
    wire::Command &command = control_.ring[number % wire::kRingSlots];
    fill(command, control_.descriptors[number % wire::kRingSlots]);
    deadline_.set(number, command.kind == wire::CommandKind::kLaunch ? command.timeout_ns : UINT64_MAX);
    return {number + 1, publish(number)};
  }

  // Whether blocks of this kernel are likely to be worth sharing among workers.
  bool is_long(std::uint32_t kernel_id, std::uint32_t blocks) const {
    if (blocks == 1 || workers_ == 1) return false;
    return std::uint64_t{control_.sharing.cost_of(kernel_id).load(std::memory_order_relaxed)} * blocks >=
           wire::kWorthSharingNs;
  }

  // Wakes sleeping workers for the remaining blocks of the current launch.
  void call_helpers() { control_.sharing.call_helpers(); }

  // Waits until done() returns true.
  template <typename Done>
  Waited wait_until(Done &&done, const Waiting &how) {
    if (done()) return Waited::kDone;
    wire::Control &shared = control_;
    shared.host_processor.publish();
    const bool may_spin = shared.may_spin != 0 && how.timeout_ns > 0;
    bool spin = may_spin && how.spin && !how.long_work && !shared.device_processor.is_here();
    if (spin && wire::look_a_few_times(done)) return Waited::kDone;  // most launches end before a clock is needed
    const auto begun = [&] { return done() || shared.sharing.has_blocks(); };
    if (may_spin && how.long_work && !shared.device_processor.is_here()) wire::look_a_few_times(begun);
    const std::uint64_t start = wire::now_ns();
    for (std::uint64_t elapsed = 0;; elapsed = wire::now_ns() - start) {
      const std::uint64_t left = how.timeout_ns - std::min(elapsed, how.timeout_ns);
      if (spin ? wire::spin(done, std::min(left, kSpinNs), shared.device_processor) : done()) return Waited::kDone;
      if (is_lost()) return done() ? Waited::kDone : Waited::kLost;
      if (done()) return Waited::kDone;
      if (left == 0) return Waited::kTimeout;
      shared.sharing.call_helpers();
      spin =
          shared.host_doorbell.sleep(done, std::min(left, kCheckNs), how.at) && may_spin;  // woken: the end may be near
    }
  }

  // Whether the device is lost. Ends it if the running launch exceeds its time limit, which the device process should
  // have noticed. Makes a system call if the device is not lost.
  bool is_lost() { return engine_.lost() || deadline_.enforce(submitted_.load(std::memory_order_relaxed)); }

  wire::StreamProgress &progress(std::uint32_t stream) { return control_.streams[stream]; }
  std::uint32_t take_stream();  // throws plugin::Failure: too many streams
  void release_stream(std::uint32_t stream);

  // For a new engine: no command was submitted.
  void clear();

 private:
  static constexpr std::uint64_t kSpinNs = 20'000;
  static constexpr std::uint64_t kCheckNs = 8'000'000;  // between checks that the device process is alive

  std::uint64_t reserve_slot();
  void wait_for_slots(std::uint64_t number);
  bool publish(std::uint64_t number);

  Engine &engine_;
  wire::Control &control_;
  const std::uint32_t workers_;
  const std::uint64_t timeout_ns_;

  std::mutex mutex_;
  std::atomic<std::uint64_t> submitted_{0};  // changed with mutex_ held
  std::uint64_t known_consumed_ = 0;         // guarded by mutex_: the device has consumed at least this many commands

  LaunchDeadline deadline_;

  std::mutex streams_mutex_;
  std::bitset<wire::kMaxStreams> streams_;  // guarded by streams_mutex_: the numbers in use
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_COMMANDS_COMMAND_RING_HPP_
