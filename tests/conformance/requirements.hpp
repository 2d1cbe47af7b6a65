// SPDX-License-Identifier: Apache-2.0
//
// What each row of the suite needs from a backend. If the backend never has it and reports UNSUPPORTED, the row is
// skipped, and the message of the backend is the reason.
#ifndef HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_
#define HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_

#include <string>
#include <string_view>

#include "hal/hal.h"

namespace hal::conformance {

// Returns what the row "Suite.Test" needs and the device never has, with the error that says so; "" = nothing is
// missing.
std::string missing_for(std::string_view row, hal_device_t device);

bool has_kernels(hal_device_t device);

// Whether the row loads kernel objects of the suite.
bool needs_kernels(std::string_view row);

// Whether a status means that the device never has what the row needs, so that the row is skipped. False with
// --require-all.
bool never_has(hal_status_t status);

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_
