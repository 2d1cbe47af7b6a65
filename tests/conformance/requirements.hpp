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

// Every row is judged, whatever the backend says. Set by --require-all.
inline bool everything_is_required = false;

// What the row "Suite.Test" needs and the device never has, with the answer that said so; "" = nothing is missing.
std::string missing_for(std::string_view row, hal_device_t device);

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_REQUIREMENTS_HPP_
