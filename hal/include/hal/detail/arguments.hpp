// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/hal.hpp: element types, and the builders of kernel arguments. Plain values; nothing here can fail.
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

// The HAL_DTYPE_* of a C++ type; other types (double, structs) do not compile. Half floats are named by hand.
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
    static_assert(detail::always_false<T>, "kernels have no such element type: float, bool or an integer is needed");
  }
}

// A scalar argument; its C++ type decides the dtype.
template <typename T>
hal_arg_t scalar(T value) noexcept {
  hal_arg_t arg{};
  arg.type = HAL_ARG_SCALAR;
  arg.dtype = dtype_of<T>();
  std::memcpy(&arg.u.bits, &value, sizeof(value));
  return arg;
}

inline constexpr std::uint8_t kReadWrite = HAL_ACCESS_READ | HAL_ACCESS_WRITE;

// A part of an allocation, from offset_bytes; size_bytes 0 = to the end. access: HAL_ACCESS_*.
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

// A tensor in an allocation, from offset_bytes: shape and strides in elements, no strides = contiguous. More than five
// dimensions make an argument that the launch refuses.
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

// A raw device address: nobody checks its lifetime or bounds.
inline hal_arg_t address(hal_device_addr_t addr) noexcept {
  hal_arg_t arg{};
  arg.type = HAL_ARG_ADDR;
  arg.u.bits = addr;
  return arg;
}

}  // namespace hal

#endif  // HAL_DETAIL_ARGUMENTS_HPP_
