// SPDX-License-Identifier: Apache-2.0
//
// Which rows of the suite need what of a backend. A backend that never has it, and truthfully says UNSUPPORTED, is not
// judged by them: they are skipped with its own words as the reason.
#ifndef HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_
#define HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_

#include <string>
#include <string_view>

#include "hal/hal.h"

namespace hal::conformance {

// What the row "Suite.Test" needs and the device never has, with the answer that said so; "" = nothing is missing.
std::string missing_for(std::string_view row, hal_device_t device);

bool has_kernels(hal_device_t device);

// Whether the row loads the suite's kernel objects.
bool needs_kernels(std::string_view row);

// The device never has what the row has just asked for, so that the row is to be skipped; not with --require-all.
bool never_has(hal_status_t status);

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_
