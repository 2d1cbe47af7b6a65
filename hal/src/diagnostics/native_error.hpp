// SPDX-License-Identifier: Apache-2.0
//
// The meaning of native codes that do not belong to a backend: errno, and libhal's own statuses.
#ifndef HAL_SRC_DIAGNOSTICS_NATIVE_ERROR_HPP_
#define HAL_SRC_DIAGNOSTICS_NATIVE_ERROR_HPP_

#include <cstdint>
#include <optional>
#include <string_view>

#include "hal/hal.h"

namespace hal::core {

bool is_own_domain(std::string_view domain) noexcept;

// domain "" = both: statuses are negative, errno is positive. Nothing if the code is unknown. The strings stay valid
// until the process ends.
std::optional<hal_native_error_t> explain_own(std::string_view domain, std::int64_t code);

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_NATIVE_ERROR_HPP_
