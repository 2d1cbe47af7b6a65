// SPDX-License-Identifier: Apache-2.0
//
// Loads plugin files. Plugins are never unloaded.
#ifndef HAL_SRC_BACKENDS_LOADER_HPP_
#define HAL_SRC_BACKENDS_LOADER_HPP_

#include "backends/discovery.hpp"
#include "backends/plugin.hpp"

namespace hal::core {

// Loads the candidate's file, once per file and process. If that fails, returns NULL, stores the reason in the
// candidate and logs it. Holds no lock while plugin code runs; a second thread that loads the same file waits for the
// first. If a callback from loading plugin code loads a plugin, the candidate's error is BUSY, since waiting would
// deadlock; that is not logged.
Plugin *load_plugin(Candidate &candidate);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_LOADER_HPP_
