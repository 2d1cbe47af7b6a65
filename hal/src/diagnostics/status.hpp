// SPDX-License-Identifier: Apache-2.0
//
// Names of status numbers.
#ifndef HAL_SRC_DIAGNOSTICS_STATUS_HPP_
#define HAL_SRC_DIAGNOSTICS_STATUS_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "hal/hal.h"

namespace hal::core {

// "OUT_OF_RANGE" for HAL_ERR_OUT_OF_RANGE; "UNKNOWN" for any other number. Static text.
const char *status_name(hal_status_t status) noexcept;

// Whether the number is HAL_OK or one of the HAL_ERR_* constants.
bool is_status(hal_status_t status) noexcept;

// The names of all failures, and the status of one name.
std::vector<std::string> failure_names();
hal_status_t status_of(std::string_view failure) noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_STATUS_HPP_
