// SPDX-License-Identifier: Apache-2.0
//
// A stream: its tickets, and which of them are known to be done.
#ifndef HAL_SRC_OBJECTS_STREAM_HPP_
#define HAL_SRC_OBJECTS_STREAM_HPP_

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "objects/device.hpp"
#include "objects/handles.hpp"

namespace hal::core {

inline void raise_to(std::atomic<std::uint64_t> &value, std::uint64_t least) noexcept {
  std::uint64_t seen = value.load(std::memory_order_relaxed);
  while (seen < least &&
         !value.compare_exchange_weak(seen, least, std::memory_order_release, std::memory_order_relaxed)) {
  }
}

class Stream : public DeviceChild {
 public:
  using Handle = hal_stream_t;
  static constexpr HandleType kType = HandleType::kStream;

  Stream(Device &device, hal_pstream_t pstream, std::uint64_t handle)
      : device_(device), pstream_(pstream), handle_(handle) {}

  Device &device() const noexcept { return device_; }
  hal_pstream_t pstream() const noexcept { return pstream_; }
  std::uint64_t handle() const noexcept { return handle_; }
  const CallSite &made_at() const noexcept { return made_at_; }
  bool is_own() const noexcept { return this == &device_.own_stream(); }

  // The public ticket of a submit that the plugin accepted.
  std::uint64_t submitted(std::uint64_t plugin_ticket) noexcept {
    const std::uint64_t ticket = base_ + plugin_ticket;
    raise_to(last_, ticket);
    return ticket;
  }
  std::uint64_t last_ticket() const noexcept { return last_.load(std::memory_order_acquire); }

  hal_status_t wait(std::uint64_t ticket, std::uint64_t timeout_ns);
  hal_status_t query(std::uint64_t *completed);
  // Whether a ticket has ended, with success or failure. Records no failure.
  bool is_done(std::uint64_t ticket);

  // DEVICE_LOST for the device's own stream if a failed reset could not create it again.
  hal_status_t check_usable() const;
  // Call it after a reset of the device, with the stream claimed: the plugin's tickets start again at 1.
  void restart(hal_pstream_t pstream, std::uint64_t done_before);
  std::uint64_t known_done() const noexcept { return done_.load(std::memory_order_acquire); }

 private:
  bool was_cancelled(std::uint64_t ticket) const noexcept;
  hal_status_t wait_in_plugin(std::uint64_t ticket, std::uint64_t timeout_ns);

  Device &device_;
  hal_pstream_t pstream_;
  const std::uint64_t handle_;
  const CallSite made_at_ = CallSite::here();
  std::uint64_t base_ = 0;  // public ticket minus the plugin's ticket
  std::atomic<std::uint64_t> last_{0};
  std::atomic<std::uint64_t> done_{0};                              // done well, of this side of the last reset
  std::vector<std::pair<std::uint64_t, std::uint64_t>> cancelled_;  // (after, up to) by resets
};

// Pins the stream of a submit on device; NULL means the device's own stream.
hal_status_t pin_submit_stream(Device &device, hal_stream_t stream, Pin<Stream> &pin);

// Creates a stream in the plugin.
hal_status_t create_plugin_stream(Device &device, std::uint32_t flags, hal_pstream_t *pstream);

// hal_stream_create and hal_stream_destroy. BUSY while work of the stream is unfinished.
hal_status_t create_stream(Device &device, std::uint32_t flags, hal_stream_t *handle);
hal_status_t destroy_stream(Pin<Stream> &pin);

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_STREAM_HPP_
