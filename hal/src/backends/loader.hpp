// SPDX-License-Identifier: Apache-2.0
//
// Turns a candidate file into a loaded plugin. Plugins are never unloaded.
#ifndef HAL_SRC_BACKENDS_LOADER_HPP_
#define HAL_SRC_BACKENDS_LOADER_HPP_

#include "backends/discovery.hpp"
#include "backends/plugin.hpp"

namespace hal::core {

// Loads the candidate's file, once per file and process. NULL: the candidate says why, and the log does. Holds no lock
// while code of the plugin runs; a second thread that wants the same file waits for the first. A callback that such
// code calls must not wait for the load that it is part of: there the candidate's error is BUSY, and nothing is logged.
Plugin *load_plugin(Candidate &candidate);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_LOADER_HPP_
