// SPDX-License-Identifier: Apache-2.0
//
// One use of libhal and of a device, shared by a worker and the memory that it made: who holds it last closes the
// device.
#ifndef NPUHAL_DEVICE_USE_HPP_
#define NPUHAL_DEVICE_USE_HPP_

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "hal/hal.hpp"

namespace npuhal {

class SharedBlock;

class DeviceUse {
 public:
  DeviceUse(const char *backend, std::uint32_t ordinal) : device_(hal::Backend::select(backend), ordinal) {}

  const hal::Device &device() const noexcept { return device_; }
  pid_t process() const noexcept { return process_; }

  // Whether a call has found the device lost.
  bool lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  void set_lost(bool lost) noexcept { lost_.store(lost, std::memory_order_relaxed); }

 private:
  hal::Library library_;
  hal::Device device_;
  const pid_t process_ = ::getpid();
  std::atomic<bool> lost_ = false;
};

}  // namespace npuhal

#endif  // NPUHAL_DEVICE_USE_HPP_
