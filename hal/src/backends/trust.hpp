// SPDX-License-Identifier: Apache-2.0
//
// Which plugin files may be loaded into this process, by owner and mode.
#ifndef HAL_SRC_BACKENDS_TRUST_HPP_
#define HAL_SRC_BACKENDS_TRUST_HPP_

#include <sys/stat.h>

#include <string>

namespace hal::core {

struct Trust {
  bool refused = false;
  std::string doubt;  // the reason, with owner and mode; "" = none
};

// Judges a plugin by the file that was read and by its directories: that of the path as tried and that of the real
// path. With elevated privileges, only root may own and write all of them.
Trust judge_plugin(const struct stat &file, const std::string &path, const std::string &real_path, bool elevated);

// Whether every user may replace files of other users in the directory.
bool is_open_to_everyone(const struct stat &directory) noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_TRUST_HPP_
