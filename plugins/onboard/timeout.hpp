// SPDX-License-Identifier: Apache-2.0
//
// Converts libhal's nanoseconds to the vendor's units.
#ifndef HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_
#define HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_

#include <algorithm>
#include <cstdint>

#include "hal/hal.h"
#include "onboard/vendor_abi.hpp"

namespace hal::onboard {

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t unit) {
  return value / unit + (value % unit != 0 ? 1 : 0);
}

// Milliseconds for one wait, rounded up; -1 for HAL_TIMEOUT_FOREVER. The result is at most INT32_MAX, so a caller may
// have to wait again. It is at least 1, because the vendor does not document 0, so a caller must poll in another way.
constexpr std::int32_t wait_ms(std::uint64_t timeout_ns) {
  if (timeout_ns == HAL_TIMEOUT_FOREVER) return kWaitForever;
  return static_cast<std::int32_t>(std::clamp<std::uint64_t>(divide_up(timeout_ns, 1'000'000), 1, INT32_MAX));
}

// Microseconds for the time limit of a launch, rounded up.
constexpr std::uint64_t launch_us(std::uint64_t timeout_ns) { return divide_up(timeout_ns, 1000); }

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_
