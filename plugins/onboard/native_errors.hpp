// SPDX-License-Identifier: Apache-2.0
//
// The dictionary of the vendor runtime's result codes: what each means, what it usually was, and what to do next. The
// acl and the rt family give the same numbers, so one table serves both.
#ifndef HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_
#define HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_

#include <cstddef>
#include <cstdint>
#include <span>

#include "hal/hal.h"

namespace hal::onboard {

struct NativeError {
  std::int64_t code;
  hal_status_t status;  // HAL_ERR_*
  const char *cause;    // the vendor's meaning, then what it usually was
  const char *hint;     // the next step
};

inline constexpr std::size_t kMaxNativeTextBytes = 320;  // of cause and of hint each

// Static data, or nullptr for a code that the table does not have. Any thread.
const NativeError *find_native_error(std::int64_t code) noexcept;

// All entries; codes rise strictly.
std::span<const NativeError> native_errors() noexcept;

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_NATIVE_ERRORS_HPP_
