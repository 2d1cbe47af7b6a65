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

// What each struct was in the first draft; smaller was never valid.
template <typename T>
inline constexpr std::uint32_t kFirstDraftBytes = sizeof(T);
template <>
inline constexpr std::uint32_t kFirstDraftBytes<hal_device_info_t> = offsetof(hal_device_info_t, native_api);
template <>
inline constexpr std::uint32_t kFirstDraftBytes<hal_kernel_info_t> = offsetof(hal_kernel_info_t, flags);
template <>
inline constexpr std::uint32_t kFirstDraftBytes<hal_error_info_t> = offsetof(hal_error_info_t, kernel);

// No struct of ours will ever be that long: such a struct_size was never set.
inline constexpr std::uint32_t kMaxStructBytes = 4096;

// Checks struct_size of a struct that the caller gave; name is the argument's.
hal_status_t check_struct_size(std::uint32_t given, std::uint32_t first_draft, const char *name);

// Checks that what the caller knows beyond our struct is zero.
hal_status_t check_struct_tail(const void *given, std::uint32_t given_bytes, std::uint32_t our_bytes, const char *name);

hal_status_t fail_null(const char *name);

// Reads a struct from the caller, zero where the caller's is shorter.
template <typename T>
hal_status_t read_struct(const T *given, T &ours, const char *name) {
  if (given == nullptr) return fail_null(name);
  const std::uint32_t bytes = given->struct_size;
  if (bytes != sizeof(T)) {
    if (const hal_status_t status = check_struct_size(bytes, kFirstDraftBytes<T>, name); status != HAL_OK)
      return status;
    if (const hal_status_t status = check_struct_tail(given, bytes, sizeof(T), name); status != HAL_OK) return status;
  }
  ours = T{};
  std::memcpy(&ours, given, std::min<std::size_t>(bytes, sizeof(T)));
  return HAL_OK;
}

// Checks that an answer can be written, before any work is done for it.
template <typename T>
hal_status_t check_output(const T *out, const char *name) {
  if (out == nullptr) return fail_null(name);
  return check_struct_size(out->struct_size, kFirstDraftBytes<T>, name);
}

// Writes an answer to the length that both sides know; the caller's struct_size stays.
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
