// SPDX-License-Identifier: Apache-2.0
//
// The library of the tile library's hooks, opened in the process that runs kernels: one for the process, never closed.
#ifndef HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_
#define HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_

#include <string>

#include "sim/hooks/hooks.hpp"

namespace hal::sim::device::tile_hooks {

// Opens it for every object that is loaded later, unless the process has it already. False: it cannot be, and why.
bool open(const std::string &path, std::string &why);

// The open library's, or null.
const hooks::Table *table() noexcept;

// Binds the calling thread; false while the library is not open.
bool bind(hooks::Binding &binding) noexcept;

// Hands the hooks to a loaded object that asks for them by exporting pto_sim_register_hooks.
void offer(void *object);

}  // namespace hal::sim::device::tile_hooks

#endif  // HAL_PLUGINS_SIM_DEVICE_TILE_HOOKS_HPP_
