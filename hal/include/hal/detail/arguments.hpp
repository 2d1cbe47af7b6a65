// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/hal.hpp: element types, and functions that build kernel arguments. C++20. They return plain values and
// never fail.
#ifndef HAL_DETAIL_ARGUMENTS_HPP_
#define HAL_DETAIL_ARGUMENTS_HPP_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "hal/hal.h"

namespace hal {

namespace detail {

template <typename>
inline constexpr bool always_false = false;

}  // namespace detail

// Returns the HAL_DTYPE_* of a C++ type: float, bool or an integer of at most 8 bytes. Other types (double, structs) do
// not compile. For half floats, use HAL_DTYPE_F16 or HAL_DTYPE_BF16 directly.
template <typename T>
constexpr hal_dtype_t dtype_of() noexcept {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, float>) {
    return HAL_DTYPE_F32;
  } else if constexpr (std::is_same_v<U, bool>) {
    return HAL_DTYPE_BOOL;
  } else if constexpr (std::is_integral_v<U> && sizeof(U) <= 8) {
    constexpr hal_dtype_t kSigned[] = {HAL_DTYPE_I8, HAL_DTYPE_I16, HAL_DTYPE_I32, HAL_DTYPE_I64};
    constexpr hal_dtype_t kUnsigned[] = {HAL_DTYPE_U8, HAL_DTYPE_U16, HAL_DTYPE_U32, HAL_DTYPE_U64};
    constexpr int kIndex = sizeof(U) == 1 ? 0 : sizeof(U) == 2 ? 1 : sizeof(U) == 4 ? 2 : 3;
    return std::is_signed_v<U> ? kSigned[kIndex] : kUnsigned[kIndex];
  } else {
    static_assert(detail::always_false<T>, "use float, bool or an integer: kernels have no other element types");
  }
}

// Builds a scalar argument. The C++ type of the value gives the dtype.
template <typename T>
hal_arg_t scalar(T value) noexcept {
  hal_arg_t arg{};
  arg.type = HAL_ARG_SCALAR;
  arg.dtype = dtype_of<T>();
  std::memcpy(&arg.u.bits, &value, sizeof(value));
  return arg;
}

// The kernel reads and writes the memory.
inline constexpr std::uint8_t kReadWrite = HAL_ACCESS_READ | HAL_ACCESS_WRITE;

// Builds an argument for a part of an allocation.
//
// access        HAL_ACCESS_*
// offset_bytes  start of the part
// size_bytes    size of the part; 0 = to the end of the allocation
// Lifetime: the memory cannot be freed until the launch is done.
inline hal_arg_t mem(hal_mem_t handle, std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0,
                     std::uint64_t size_bytes = 0) noexcept {
  hal_arg_t arg{};
  arg.type = HAL_ARG_MEM;
  arg.access = access;
  arg.mem = handle;
  arg.offset_bytes = offset_bytes;
  arg.u.mem.size_bytes = size_bytes;
  return arg;
}

// Builds an argument for a tensor in an allocation.
//
// shape         in elements; one to five dimensions. With more, the launch fails with INVALID_ARGUMENT.
// access        HAL_ACCESS_*
// offset_bytes  start of the tensor
// strides       in elements; empty = contiguous
// Lifetime: the memory cannot be freed until the launch is done.
inline hal_arg_t tensor(hal_mem_t handle, std::span<const std::uint32_t> shape, hal_dtype_t dtype,
                        std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0,
                        std::span<const std::uint32_t> strides = {}) noexcept {
  hal_arg_t arg = mem(handle, access, offset_bytes);
  arg.type = HAL_ARG_TENSOR;
  arg.dtype = dtype;
  arg.rank = static_cast<std::uint8_t>(std::min<std::size_t>(shape.size(), UINT8_MAX));
  std::copy_n(shape.begin(), std::min<std::size_t>(shape.size(), 5), arg.u.tensor.shape);
  std::copy_n(strides.begin(), std::min<std::size_t>(strides.size(), 5), arg.u.tensor.strides);
  return arg;
}

// Builds an argument from a raw device address. libhal does not check its lifetime or bounds.
inline hal_arg_t address(hal_device_addr_t addr) noexcept {
  hal_arg_t arg{};
  arg.type = HAL_ARG_ADDR;
  arg.u.bits = addr;
  return arg;
}

}  // namespace hal

#endif  // HAL_DETAIL_ARGUMENTS_HPP_
