// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_
#define HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_

#include <cstdint>
#include <span>
#include <string>

#include "chips/chip.hpp"
#include "hal/hal_plugin.h"

namespace hal::sim {

// The values of the environment variables HAL_SIM_*.
struct Options {
  std::uint32_t devices;
  std::uint64_t memory_bytes;  // of one device
  std::uint64_t mapped_bytes;  // shared window of one device
  std::uint32_t workers;
  bool own_process;
  std::uint64_t timeout_ns;       // of launches without one; UINT64_MAX = none
  std::uint64_t load_timeout_ns;  // of a start of the device process and of each request to it; UINT64_MAX = none
  const chips::Sku *sku;
  bool sanitize;  // red zones and a quarantine for device memory
};

// The declarations for the core.
std::span<const hal_option_v1_t> option_table();
// hal_plugin_v1_t::option_choices: the products of all chips, since the simulators share HAL_SIM_SKU.
const char *const *option_choices();

inline constexpr const char *kSkuHint = "set HAL_SIM_SKU to one of these products, or unset it";

// The error if HAL_SIM_SKU is not a product of this chip. "" = it is one.
std::string describe_wrong_sku(const chips::Chip &chip);

// Reads the values for this chip. Throws plugin::Failure if HAL_SIM_SKU is not a product of it.
Options read_options(const chips::Chip &chip);

// The size of the arena: the memory that programs can allocate, and extra memory for red zones and the quarantine.
std::uint64_t arena_room_bytes(const Options &options);
// The size of the shared window: what programs can map, and extra addresses for guard pages.
std::uint64_t window_room_bytes(const Options &options);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_
