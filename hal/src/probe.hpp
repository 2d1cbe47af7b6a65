// SPDX-License-Identifier: Apache-2.0
//
// Asking a loaded plugin whether it is usable here.
#ifndef HAL_SRC_PROBE_HPP_
#define HAL_SRC_PROBE_HPP_

#include "discovery.hpp"
#include "plugin.hpp"

namespace hal::core {

// Marks the candidate usable or absent, with the plugin's story. Whether it is usable.
bool probe_plugin(Plugin &plugin, Candidate &candidate);

}  // namespace hal::core

#endif  // HAL_SRC_PROBE_HPP_
