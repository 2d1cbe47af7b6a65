// SPDX-License-Identifier: Apache-2.0
//
// The vendor runtime's result codes: what each means, its usual cause, and what to do next. The acl and the rt family
// use the same numbers, so one table serves both.
#ifndef HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_
#define HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "hal/hal_plugin.h"

namespace hal::onboard {

struct NativeError {
  std::int64_t code;
  hal_status_t status;  // HAL_ERR_*
  const char *cause;    // the vendor's meaning, then the usual cause
  const char *hint;     // the next step
};

inline constexpr std::size_t kMaxNativeTextBytes = 320;  // of cause and of hint each

// Returns static data; nullptr if the table does not have the code. Any thread.
const NativeError *find_native_error(std::int64_t code) noexcept;

// Implements explain_native for the domains "acl" and "rt"; "" means either. False if the code is unknown.
bool explain_native(std::string_view domain, std::int64_t code, hal_native_error_v1_t &out) noexcept;

// All entries, sorted by code.
std::span<const NativeError> native_errors() noexcept;

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_
