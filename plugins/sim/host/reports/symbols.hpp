// SPDX-License-Identifier: Apache-2.0
//
// Names of functions in kernel objects.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_

#include <cstdint>
#include <string>

#include "sim/host/memory/address_space.hpp"

namespace hal::sim {

// "function+0x1c" for an address relative to the object's load address. Uses the symbol table, or the exported symbols
// if the object has none. "" = unknown.
std::string function_at(const Fd &object, std::uint64_t address);

// The size of the loaded object, from its load address on. 0 = the object cannot be read.
std::uint64_t extent_of(const Fd &object);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_SYMBOLS_HPP_
