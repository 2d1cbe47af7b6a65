// SPDX-License-Identifier: Apache-2.0
//
// Which files may be run or loaded, by the owners and modes of the file and of every directory on the way to it.
#ifndef HAL_SRC_BACKENDS_TRUST_HPP_
#define HAL_SRC_BACKENDS_TRUST_HPP_

#include <sys/stat.h>

#include <string>

namespace hal::core {

struct Trust {
  bool refused = false;
  std::string doubt = {};  // the reason, with owner and mode; "" = none
  std::string place = {};  // the file or directory that is doubted
};

// Judges a file by its owner and mode, and by those of every directory and symbolic link on the way to it. With
// elevated privileges, only root may own and write all of them.
//
// file  of the file that was opened
// path  absolute
Trust judge_file(const struct stat &file, const std::string &path, bool elevated);

// Logs the doubt about a file that is not refused. Logs one warning per doubted file or directory.
void warn_of_doubt(const std::string &path, const Trust &trust);

// Whether every user may replace the file or directory, or one on the way to it.
bool is_open_to_everyone(const std::string &path);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_TRUST_HPP_
