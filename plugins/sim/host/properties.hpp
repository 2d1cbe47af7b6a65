// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SIM_HOST_PROPERTIES_HPP_
#define HAL_PLUGINS_SIM_HOST_PROPERTIES_HPP_

#include <cstdint>

#include "sim/host/device.hpp"

namespace hal::sim {

// Throws plugin::Failure: UNSUPPORTED for what a simulator does not know.
std::uint64_t read_property(Device &device, hal_property_t property);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROPERTIES_HPP_
