// SPDX-License-Identifier: Apache-2.0
//
// Structs that start with struct_size. The caller may have been compiled with a longer struct of a newer libhal.
#ifndef HAL_SRC_DIAGNOSTICS_STRUCT_RULES_HPP_
#define HAL_SRC_DIAGNOSTICS_STRUCT_RULES_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "diagnostics/error.hpp"
#include "hal/hal.h"

namespace hal::core {

// The smallest struct_size that is valid. A struct that grows after a release gets a specialization: its size in the
// first release.
template <typename T>
inline constexpr std::uint32_t kMinStructBytes = sizeof(T);

// No struct of hal.h will be longer: a larger struct_size is an uninitialised one.
inline constexpr std::uint32_t kMaxStructBytes = 4096;

// Checks the struct_size of a caller's struct; name is the argument's.
hal_status_t check_struct_size(std::uint32_t given, std::uint32_t min_bytes, const char *name);

// Checks that the caller's struct is zero beyond the length that this libhal knows.
hal_status_t check_struct_tail(const void *given, std::uint32_t given_bytes, std::uint32_t our_bytes, const char *name);

hal_status_t fail_null(const char *name);

// Copies the caller's struct; fields beyond its end become zero.
template <typename T>
hal_status_t read_struct(const T *given, T &ours, const char *name) {
  if (given == nullptr) return fail_null(name);
  const std::uint32_t bytes = given->struct_size;
  if (bytes != sizeof(T)) {
    if (const hal_status_t status = check_struct_size(bytes, kMinStructBytes<T>, name); status != HAL_OK) return status;
    if (const hal_status_t status = check_struct_tail(given, bytes, sizeof(T), name); status != HAL_OK) return status;
  }
  ours = T{};
  std::memcpy(&ours, given, std::min<std::size_t>(bytes, sizeof(T)));
  return HAL_OK;
}

// Checks that the answer can be written. Call it before doing the work.
template <typename T>
hal_status_t check_output(const T *out, const char *name) {
  if (out == nullptr) return fail_null(name);
  return check_struct_size(out->struct_size, kMinStructBytes<T>, name);
}

// Writes the answer up to the shorter of the two lengths. The caller's struct_size stays as it is.
template <typename T>
hal_status_t write_struct(T *out, const T &answer, const char *name) {
  if (const hal_status_t status = check_output(out, name); status != HAL_OK) return status;
  constexpr std::size_t kHead = sizeof(out->struct_size);
  const std::size_t bytes = std::min<std::size_t>(out->struct_size, sizeof(T));
  std::memcpy(reinterpret_cast<char *>(out) + kHead, reinterpret_cast<const char *>(&answer) + kHead, bytes - kHead);
  return HAL_OK;
}

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_STRUCT_RULES_HPP_
