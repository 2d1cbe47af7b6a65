// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_ONBOARD_PROBE_HPP_
#define HAL_PLUGINS_ONBOARD_PROBE_HPP_

#include <optional>

#include "chips/chip.hpp"
#include "onboard/diagnose.hpp"
#include "onboard/runtime.hpp"

namespace hal::onboard {

// Why no device of this chip can be used; nullopt if one can. Does not open a device.
std::optional<Obstacle> find_obstacle(const chips::Chip &chip);

// For the diagnosis: which library was opened and what it offers, or why no library can be used. Does not open a
// device.
RuntimeReport report_runtime();

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_PROBE_HPP_
