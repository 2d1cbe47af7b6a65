// SPDX-License-Identifier: Apache-2.0
//
// A stream: numbers its tickets, waits for them, and completes staged copies.
#ifndef HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_
#define HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "sim/host/commands/command_ring.hpp"
#include "sim/host/memory/device_memory.hpp"

namespace hal::sim {

class Stream {
 public:
  Stream(CommandRing &ring, DeviceMemory &memory) : ring_(ring), memory_(memory), number_(ring.take_stream()) {}
  // Nothing may be queued any more, unless the device is lost.
  ~Stream() { ring_.release_stream(number_); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  // Throws plugin::Failure: TIMEOUT, or the error of the ticket.
  void wait(std::uint64_t ticket, std::uint64_t timeout_ns);
  // Sets *completed, then throws plugin::Failure if a ticket has failed.
  void query(std::uint64_t *completed);

  // Each of these returns the ticket. A launch is written directly into its slot of the ring.
  std::uint64_t launch(const hal_launch_v1_t &launch);
  // Copies and fills run at once, on the calling thread, if nothing is queued before them.
  std::uint64_t copy_to_device(const Block &dst, const void *src, std::uint64_t size_bytes);
  std::uint64_t copy_from_device(void *dst, const Block &src, std::uint64_t size_bytes);
  std::uint64_t copy_on_device(const Block &dst, const Block &src, std::uint64_t size_bytes);
  std::uint64_t fill(const Block &dst, std::uint64_t size_bytes, std::uint8_t value);

 private:
  // A queued copy between host memory and the device. The device's half is a command; the host's half is a copy between
  // host memory and a block of the shared window.
  struct Staged {
    std::uint64_t ticket;
    WindowBlock block;
    std::uint64_t size_bytes;
    void *dst;  // null: a copy to the device, whose host half is done
  };

  // Call it with mutex_ held. is_long: the launch is likely to be shared among workers.
  template <typename Fill>
  std::uint64_t push(Fill &&fill, bool is_long = false) {
    const std::uint64_t ticket = next_ticket();
    const CommandRing::Submitted submitted = ring_.submit([&](wire::Command &command, wire::Descriptors &descriptors) {
      command.stream = number_;
      command.ticket = ticket;
      fill(command, descriptors);
    });
    woke_device_.store(submitted.woke, std::memory_order_relaxed);
    is_long_.store(is_long, std::memory_order_relaxed);
    submitted_.store(ticket, std::memory_order_release);
    newest_.store(submitted.count, std::memory_order_release);  // after submitted_: see done_at()
    return ticket;
  }

  std::uint64_t next_ticket() const { return submitted_.load(std::memory_order_relaxed) + 1; }
  bool idle() const { return completed() == submitted_.load(std::memory_order_relaxed); }
  std::uint64_t completed() const { return ring_.progress(number_).completed.load(std::memory_order_acquire); }
  std::uint64_t done_at(std::uint64_t ticket) const;
  std::uint64_t complete_at_once();
  std::optional<WindowBlock> stage(std::uint64_t size_bytes);
  std::uint64_t push_staged(Staged &&staged, std::uint64_t dst, std::uint64_t src);
  void finish_staged(std::uint64_t completed);
  void wait_until_idle();

  CommandRing &ring_;
  DeviceMemory &memory_;
  const std::uint32_t number_;
  std::mutex mutex_;  // of submits. A copy may hold it until the queue is empty, so waits and queries do not take it.
  std::atomic<std::uint64_t> submitted_{0};
  std::atomic<std::uint64_t> newest_{0};  // the count of the ring's commands when the newest ticket is done
  std::atomic<bool> woke_device_{false};  // by the newest submit
  std::atomic<bool> is_long_{false};
  std::atomic<std::uint32_t> queries_in_vain_{0};
  std::mutex staged_mutex_;
  std::atomic<bool> has_staged_{false};
  std::deque<Staged> staged_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_
