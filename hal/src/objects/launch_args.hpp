// SPDX-License-Identifier: Apache-2.0
//
// The arguments of one launch, checked and resolved. They are on the stack: a launch allocates nothing.
#ifndef HAL_SRC_OBJECTS_LAUNCH_ARGS_HPP_
#define HAL_SRC_OBJECTS_LAUNCH_ARGS_HPP_

#include <cstdint>

#include "objects/device.hpp"
#include "objects/in_flight.hpp"
#include "objects/memory.hpp"

namespace hal::core {

inline constexpr std::uint32_t kMaxAddressArgs = 32;  // of ARGS_ARRAY and ARGS_DESCRIPTORS
inline constexpr std::uint32_t kMaxScalarArgs = 16;
inline constexpr std::uint32_t kMaxArgs = 48;

// Size of an element; 0 for an unknown type.
std::uint32_t dtype_bytes(hal_dtype_t dtype) noexcept;

// If all strides are 0, sets those of a contiguous row-major tensor. Computes the bytes from the first element to the
// end of the last. False on overflow.
bool resolve_tensor(hal_arg_t &arg, std::uint64_t &span_bytes) noexcept;

class LaunchArgs {
 public:
  LaunchArgs() noexcept {}  // leaves the unused parts of the arrays uninitialised
  ~LaunchArgs();
  LaunchArgs(const LaunchArgs &) = delete;
  LaunchArgs &operator=(const LaunchArgs &) = delete;

  // Copies, checks and resolves the arguments. Pins their memory while this exists.
  hal_status_t resolve(Device &device, const hal_arg_t *args, std::uint32_t count, hal_convention_t convention,
                       hal_engine_mask_t engine);
  // Call it before the submit: gets the entry of each memory for the stream.
  void hold(std::uint64_t stream);
  // Call it after the submit.
  void note(std::uint64_t ticket) noexcept;

  const hal_arg_t *args() const noexcept { return args_; }
  const std::uint64_t *words() const noexcept { return words_; }
  const std::uint64_t *sizes() const noexcept { return sizes_; }

 private:
  struct Held {
    Memory *memory;
    std::uint64_t handle;
    InFlight::Entry *entry;
  };

  hal_status_t check_order(std::uint32_t index, std::uint32_t &scalars) const;
  hal_status_t resolve_one(Device &device, std::uint32_t index, hal_engine_mask_t engine);
  hal_status_t resolve_scalar(std::uint32_t index);
  hal_status_t resolve_address(std::uint32_t index);
  hal_status_t resolve_memory(Device &device, std::uint32_t index, hal_engine_mask_t engine);
  hal_status_t measure(std::uint32_t index, const Memory &memory);
  hal_status_t measure_tensor(std::uint32_t index);

  std::uint32_t held_count_ = 0;
  hal_arg_t args_[kMaxArgs];
  std::uint64_t words_[kMaxArgs];
  std::uint64_t sizes_[kMaxArgs];
  Held held_[kMaxArgs];
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_LAUNCH_ARGS_HPP_
