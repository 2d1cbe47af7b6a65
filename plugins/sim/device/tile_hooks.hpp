// SPDX-License-Identifier: Apache-2.0
//
// hal-sim-hooks.so, the library with the tile library's hooks. It is opened once in the process that runs kernels, and
// never closed.
#ifndef HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_
#define HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_

#include <string>

#include "sim/hooks/hooks.hpp"

namespace hal::sim::device::tile_hooks {

// Opens the library for every object that is loaded later, unless the process has it already. Returns false and sets
// why if it cannot be opened.
bool open(const std::string &path, std::string &why);

// The functions of the open library, or null.
const hooks::Table *table() noexcept;

// Makes the hooks use binding on the calling thread. Returns false if the library is not open.
bool bind(hooks::Binding &binding) noexcept;

// Passes the hooks to a loaded object that exports pto_sim_register_hooks.
void offer(void *object);

}  // namespace hal::sim::device::tile_hooks

#endif  // HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_
