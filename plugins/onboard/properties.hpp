// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_
#define HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_

#include <cstdint>

#include "hal/hal.h"

namespace hal::onboard {

class Device;

// What the runtime says of this device, else what is known of its product, else of its chip. Throws plugin::Failure,
// UNSUPPORTED.
std::uint64_t read_property(const Device &device, hal_property_t property);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_PROPERTIES_HPP_
