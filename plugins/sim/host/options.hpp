// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_
#define HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_

#include <cstdint>
#include <span>
#include <string>

#include "chips/chip.hpp"
#include "hal/hal_plugin.h"

namespace hal::sim {

// What the simulators can be told by HAL_SIM_*.
struct Options {
  std::uint32_t devices;
  std::uint64_t memory_bytes;  // of one device
  std::uint64_t mapped_bytes;  // shared window of one device
  std::uint32_t workers;
  bool own_process;
  std::uint64_t timeout_ns;  // of launches that name none; UINT64_MAX = none
  const chips::Sku *sku;
  bool sanitize;  // red zones around device memory, and a quarantine
};

// The declarations, for the core.
std::span<const hal_option_v1_t> option_table();
// hal_plugin_v1_t::option_choices: the products of all chips, since the simulators share HAL_SIM_SKU.
const char *const *option_choices();

// Why a simulator of this chip has nothing to be: HAL_SIM_SKU is a product of another chip. "" = it has.
std::string describe_wrong_sku(const chips::Chip &chip);

// The values in force for this chip. Throws plugin::Failure: a SKU that the chip does not have.
Options read_options(const chips::Chip &chip);

// Addresses of device memory: what programs can have, and what sanitizing needs beside it.
std::uint64_t arena_room_bytes(const Options &options);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_OPTIONS_HPP_
