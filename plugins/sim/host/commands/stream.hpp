// SPDX-License-Identifier: Apache-2.0
//
// A stream: tickets in order, waits, and the copies whose host half is done by whoever waits.
#ifndef HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_
#define HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "sim/host/device.hpp"
#include "sim/host/memory/window_block.hpp"

namespace hal::sim {

class Stream {
 public:
  explicit Stream(Device &device) : device_(device), number_(device.take_stream()) {}
  // Nothing of it is queued any more, or the device is lost.
  ~Stream() { device_.give_stream(number_); }
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  std::uint32_t number() const { return number_; }

  // Throws plugin::Failure: TIMEOUT, or what became of the ticket.
  void wait(std::uint64_t ticket, std::uint64_t timeout_ns);
  // Fills *completed, then throws if a ticket has failed.
  void query(std::uint64_t *completed);

  // Queues a launch, written by fill(command, descriptors); gives the ticket. is_long: it is likely to be shared among
  // workers.
  template <typename Fill>
  std::uint64_t submit(Fill &&fill, bool is_long) {
    const std::lock_guard lock(mutex_);
    return push(fill, is_long);
  }

  // Copies and fills: at once, by the caller, if nothing is queued before them; else through the queue.
  std::uint64_t copy_to_device(const Block &dst, const void *src, std::uint64_t size_bytes);
  std::uint64_t copy_from_device(void *dst, const Block &src, std::uint64_t size_bytes);
  std::uint64_t copy_on_device(const Block &dst, const Block &src, std::uint64_t size_bytes);
  std::uint64_t fill(const Block &dst, std::uint64_t size_bytes, std::uint8_t value);

 private:
  // A copy between host memory and the device that had to be queued: the bytes rest in the shared window between the
  // device's half and the host's.
  struct Staged {
    std::uint64_t ticket;
    WindowBlock block;
    std::uint64_t size_bytes;
    void *dst;  // null: towards the device, the host's half is done
  };

  template <typename Fill>
  std::uint64_t push(Fill &&fill, bool is_long = false) {
    const std::uint64_t ticket = next_ticket();
    const Device::Submitted submitted = device_.submit([&](wire::Command &command, wire::Descriptors &descriptors) {
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
  std::uint64_t completed() const { return device_.progress(number_).completed.load(std::memory_order_acquire); }
  std::uint64_t done_at(std::uint64_t ticket) const;
  std::uint64_t complete_at_once();
  std::optional<WindowBlock> stage(std::uint64_t size_bytes);
  std::uint64_t push_staged(Staged &&staged, std::uint64_t dst, std::uint64_t src);
  void hand_over(std::uint64_t done);
  void wait_until_idle();

  Device &device_;
  const std::uint32_t number_;
  std::mutex mutex_;  // submits; held while a copy waits for the queue, so waits and queries do not take it
  std::atomic<std::uint64_t> submitted_{0};
  std::atomic<std::uint64_t> newest_{0};  // how many commands the device has done when the newest of these is
  std::atomic<bool> woke_device_{false};  // by the newest submit
  std::atomic<bool> is_long_{false};
  std::atomic<std::uint32_t> queries_in_vain_{0};
  std::mutex staged_mutex_;
  std::atomic<bool> has_staged_{false};
  std::deque<Staged> staged_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_COMMANDS_STREAM_HPP_
