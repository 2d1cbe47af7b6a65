// SPDX-License-Identifier: Apache-2.0
//
// libhal's nanoseconds in the vendor's units.
#ifndef HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_
#define HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_

#include <cstdint>

namespace hal::onboard {

// Milliseconds for one wait: rounded up, at most what the type holds (the caller waits again), -1 for
// HAL_TIMEOUT_FOREVER. For 0 it gives 1: the vendor does not say what 0 does, so that a poll must not wait at all.
std::int32_t wait_ms(std::uint64_t timeout_ns);

// Microseconds of a launch, rounded up.
std::uint64_t launch_us(std::uint64_t timeout_ns);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_TIMEOUT_HPP_
