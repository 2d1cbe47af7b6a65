// SPDX-License-Identifier: Apache-2.0
//
// Whose files may be loaded into this process.
#ifndef HAL_SRC_BACKENDS_TRUST_HPP_
#define HAL_SRC_BACKENDS_TRUST_HPP_

#include <sys/stat.h>

#include <string>

namespace hal::core {

struct Trust {
  bool refused = false;
  std::string doubt;  // why, with owner and mode; "" = none
};

// Judges a plugin by the file that was read and the directories that it was found in: the one of the path as tried, and
// the one of the real path. With elevated privileges everything must belong to root alone.
Trust judge_plugin(const struct stat &file, const std::string &path, const std::string &real_path, bool elevated);

// Whether everyone may put files into the directory and replace those of others.
bool is_open_to_everyone(const struct stat &directory) noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_TRUST_HPP_
