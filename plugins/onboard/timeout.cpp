// SPDX-License-Identifier: Apache-2.0
#include "onboard/timeout.hpp"

#include <algorithm>

#include "hal/hal.h"
#include "onboard/vendor_abi.hpp"

namespace hal::onboard {
namespace {

std::uint64_t divide_up(std::uint64_t value, std::uint64_t unit) { return value / unit + (value % unit != 0 ? 1 : 0); }

}  // namespace

std::int32_t wait_ms(std::uint64_t timeout_ns) {
  if (timeout_ns == HAL_TIMEOUT_FOREVER) return kWaitForever;
  const std::uint64_t ms = divide_up(timeout_ns, 1'000'000);
  return static_cast<std::int32_t>(std::clamp<std::uint64_t>(ms, 1, INT32_MAX));
}

std::uint64_t launch_us(std::uint64_t timeout_ns) { return divide_up(timeout_ns, 1000); }

}  // namespace hal::onboard
