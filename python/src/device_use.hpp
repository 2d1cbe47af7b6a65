// SPDX-License-Identifier: Apache-2.0
//
// One use of libhal and of a device, shared by a worker and its shared memory. The last owner closes the device.
#ifndef NPUHAL_DEVICE_USE_HPP_
#define NPUHAL_DEVICE_USE_HPP_

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "hal/hal.hpp"

namespace npuhal {

class DeviceUse {
 public:
  DeviceUse(const char *backend, std::uint32_t ordinal) : device_(hal::Backend::select(backend), ordinal) {}

  const hal::Device &device() const noexcept { return device_; }
  pid_t process() const noexcept { return process_; }

  // Whether a call has found the device lost.
  bool lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  // Notes that a call failed with this status. After a kernel fault or timeout, asks whether the device is lost.
  void note_failure(hal_status_t status) noexcept {
    const bool of_kernel = status == HAL_ERR_KERNEL_FAULT || status == HAL_ERR_KERNEL_TIMEOUT;
    if (status == HAL_ERR_DEVICE_LOST || (of_kernel && is_lost_now())) lost_.store(true, std::memory_order_relaxed);
  }
  void note_reset() noexcept { lost_.store(false, std::memory_order_relaxed); }

 private:
  bool is_lost_now() const noexcept {
    hal_stream_t stream = nullptr;
    const hal_status_t status = hal_stream_create(device_.handle(), 0, &stream);
    if (status == HAL_OK) (void)hal_stream_destroy(stream);
    return status == HAL_ERR_DEVICE_LOST;
  }

  hal::Library library_;
  hal::Device device_;
  const pid_t process_ = ::getpid();
  std::atomic<bool> lost_ = false;
};

}  // namespace npuhal

#endif  // NPUHAL_DEVICE_USE_HPP_
