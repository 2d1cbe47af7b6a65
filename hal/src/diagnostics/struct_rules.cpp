// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/struct_rules.hpp"

#include <fmt/format.h>

namespace hal::core {

hal_status_t check_struct_size(std::uint32_t given, std::uint32_t min_bytes, const char *name) {
  if (given >= min_bytes && given <= kMaxStructBytes) return HAL_OK;
  return fail(
      HAL_ERR_INVALID_ARGUMENT,
      fmt::format("{}->struct_size is {}; it is at least {} and at most {}", name, given, min_bytes, kMaxStructBytes),
      "set struct_size to sizeof the struct before the call");
}

hal_status_t check_struct_tail(const void *given, std::uint32_t given_bytes, std::uint32_t our_bytes,
                               const char *name) {
  const auto *bytes = static_cast<const unsigned char *>(given);
  for (std::uint32_t offset = our_bytes; offset < given_bytes; ++offset)
    if (bytes[offset] != 0)
      return fail(HAL_ERR_UNSUPPORTED,
                  fmt::format("{} has a value at offset {}, but this libhal knows only {} bytes of it", name, offset,
                              our_bytes),
                  "update libhal, or leave the newer fields zero");
  return HAL_OK;
}

hal_status_t fail_null(const char *name) {
  return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} is NULL", name), "pass the address of a variable");
}

}  // namespace hal::core
