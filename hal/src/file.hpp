// SPDX-License-Identifier: Apache-2.0
//
// A file read whole into memory: what is checked stays what it was, even if the file shrinks meanwhile.
#ifndef HAL_SRC_FILE_HPP_
#define HAL_SRC_FILE_HPP_

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hal::core {

// Tells a file from another under the same name, and from itself after a change.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size_bytes = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const FileStamp &) const = default;
};

FileStamp stamp_of(const struct stat &info) noexcept;

struct FileBytes {
  std::vector<char> bytes;
  struct stat info = {};
};

// Reads a regular file of at most max_bytes. 0, or the errno: EISDIR for a directory, EINVAL for another sort of file,
// EFBIG for a longer one.
int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file);

}  // namespace hal::core

#endif  // HAL_SRC_FILE_HPP_
