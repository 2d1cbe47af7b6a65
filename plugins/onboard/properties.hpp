// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_
#define HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_

#include <cstdint>

#include "hal/hal.h"

namespace hal::onboard {

class Device;

// The value from the runtime for this device, or else from the data of its product, or else of its chip. Throws
// plugin::Failure, UNSUPPORTED.
std::uint64_t read_property(const Device &device, hal_property_t property);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_
