// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_ONBOARD_PROBE_HPP_
#define HAL_PLUGINS_ONBOARD_PROBE_HPP_

#include <optional>

#include "chips/chip.hpp"
#include "onboard/diagnose.hpp"
#include "onboard/runtime.hpp"

namespace hal::onboard {

// Whether there is a device of this chip that the vendor's runtime can drive; nothing = there is. Opens no device.
std::optional<Obstacle> find_obstacle(const chips::Chip &chip);

// For the diagnosis: which library was opened and what of it is used, or why none can be. Opens no device.
RuntimeReport report_runtime();

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_PROBE_HPP_
