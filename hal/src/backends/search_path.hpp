// SPDX-License-Identifier: Apache-2.0
//
// The places that libhal searches for plugins.
#ifndef HAL_SRC_BACKENDS_SEARCH_PATH_HPP_
#define HAL_SRC_BACKENDS_SEARCH_PATH_HPP_

#include <string>
#include <vector>

#include "environment/settings.hpp"

namespace hal::core {

// A directory, or a file that HAL_PLUGIN_FILES names.
struct SearchPlace {
  std::string path;
  std::string origin;  // "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "library", "installation"
};

// The directories in order of preference; none if HAL_PLUGIN_FILES is set.
std::vector<SearchPlace> search_directories(const Settings &settings);

// All places in order of preference.
std::vector<SearchPlace> search_places(const Settings &settings);

// "ok", "missing", "permission_denied", "not_a_directory" or "untrusted". Static text.
const char *place_status(const SearchPlace &place);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_SEARCH_PATH_HPP_
