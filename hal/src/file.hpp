// SPDX-License-Identifier: Apache-2.0
//
// A file read whole into memory: what is checked stays what it was, even if the file shrinks meanwhile.
#ifndef HAL_SRC_FILE_HPP_
#define HAL_SRC_FILE_HPP_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hal::core {

struct FileBytes {
  std::vector<char> bytes;
  dev_t device = 0;
  ino_t inode = 0;
};

// Reads a regular file of at most max_bytes. 0, or the errno: EISDIR for a directory, EINVAL for another sort of file,
// EFBIG for a longer one.
int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file);

}  // namespace hal::core

#endif  // HAL_SRC_FILE_HPP_
