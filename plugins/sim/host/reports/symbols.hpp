// SPDX-License-Identifier: Apache-2.0
//
// Names for places in kernel objects.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_

#include <cstdint>
#include <string>

#include "sim/host/memory/address_space.hpp"

namespace hal::sim {

// "function+0x1c" for an address as the object itself counts it (less where it was loaded), from its symbol table, else
// from its exported symbols; "" = no function is there, or the object does not say.
std::string function_at(const Fd &object, std::uint64_t address);

// How far the object's segments reach from where it is loaded; 0 = it cannot be read.
std::uint64_t extent_of(const Fd &object);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_
