// SPDX-License-Identifier: Apache-2.0
//
// The properties that all products of a chip share.
#ifndef HAL_PLUGINS_SUPPORT_CHIP_PROPERTY_HPP_
#define HAL_PLUGINS_SUPPORT_CHIP_PROPERTY_HPP_

#include <cstdint>
#include <optional>

#include "chips/chip.hpp"
#include "hal/hal.h"

namespace hal::plugins {

// Nothing: the property depends on the product or the device.
inline std::optional<std::uint64_t> chip_property(const chips::Chip &chip, hal_property_t property) {
  switch (property) {
    case HAL_PROPERTY_L1_BYTES:
      return chip.l1_bytes;
    case HAL_PROPERTY_L0A_BYTES:
      return chip.l0a_bytes;
    case HAL_PROPERTY_L0B_BYTES:
      return chip.l0b_bytes;
    case HAL_PROPERTY_L0C_BYTES:
      return chip.l0c_bytes;
    case HAL_PROPERTY_COUNTER_HZ:
      return chip.counter_hz;
    default:
      return std::nullopt;
  }
}

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_CHIP_PROPERTY_HPP_
