// SPDX-License-Identifier: Apache-2.0
//
// The arguments of a launch in the form of libhal, and the staging buffers for those that need one.
#ifndef HAL_HOST_PREPARED_LAUNCH_HPP_
#define HAL_HOST_PREPARED_LAUNCH_HPP_

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "hal/hal.hpp"
#include "hal/worker_arguments.hpp"

namespace hal {

// Host data with a staging buffer on the device for one launch.
struct Staged {
  hal_mem_t mem;
  void *host_ptr;
  std::uint64_t size_bytes;
  std::uint8_t access;
};

class PreparedLaunch {
 public:
  // Checks the arguments, looks up their addresses and allocates the staging buffers. It queues nothing. If it throws,
  // nothing is left allocated. function is for messages.
  PreparedLaunch(const Device &device, std::span<const Argument> args, const char *function);

  std::span<const hal_arg_t> args() const noexcept { return {args_.data(), count_}; }
  std::span<const Staged> staged() const noexcept { return staged_; }
  // Move the staging buffers, and what they are for, to the caller. The caller keeps the buffers until the launch and
  // its copies are done.
  std::vector<Memory> take_buffers() noexcept { return std::move(buffers_); }
  std::vector<Staged> take_staged() noexcept { return std::move(staged_); }

 private:
  hal_arg_t host_argument(const Device &device, const Argument &arg, std::size_t place, const char *function);

  static constexpr std::size_t kMaxArgs = 48;  // of any convention

  std::array<hal_arg_t, kMaxArgs> args_;
  std::size_t count_ = 0;
  std::vector<Staged> staged_;
  std::vector<Memory> buffers_;
};

}  // namespace hal

#endif  // HAL_HOST_PREPARED_LAUNCH_HPP_
