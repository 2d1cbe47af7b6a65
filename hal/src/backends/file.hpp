// SPDX-License-Identifier: Apache-2.0
//
// Files read into memory, whole or in parts. Checked bytes do not change, even if the file does. Files are not mapped:
// if a mapped file shrinks, reading beyond its new end kills the process.
#ifndef HAL_SRC_BACKENDS_FILE_HPP_
#define HAL_SRC_BACKENDS_FILE_HPP_

#include <sys/stat.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hal::core {

// Identifies a file and its state: it differs for another file of the same name, and after a change.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size_bytes = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const FileStamp &) const = default;
};

FileStamp stamp_of(const struct stat &info) noexcept;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor &&other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor &operator=(Descriptor &&other) noexcept;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct FileBytes {
  std::vector<char> bytes;
  struct stat info = {};
};

// Reads a regular file of at most max_bytes. Returns 0 or an errno: EISDIR for a directory, EINVAL for another kind of
// file, EFBIG for a longer one.
int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file);

// A file of which only the requested parts are read, each once. bytes() is as long as the file; parts that were not
// read are zero and use no memory.
class PartialFile {
 public:
  PartialFile() = default;
  ~PartialFile();
  PartialFile(const PartialFile &) = delete;
  PartialFile &operator=(const PartialFile &) = delete;

  // Call it once. Returns as read_file, but reads nothing yet.
  int open(const std::string &path, std::uint64_t max_bytes);
  // Reads the parts of [offset, offset + size) that are in the file and were not read yet.
  void load(std::uint64_t offset, std::uint64_t size);
  void load_all() { load(0, size_); }

  std::span<const char> bytes() const noexcept { return {data_, size_}; }
  const struct stat &info() const noexcept { return info_; }
  // The first errno of a load; ESTALE if the file has become shorter since it was opened.
  int error() const noexcept { return error_; }

 private:
  void read_part(std::uint64_t part);

  Descriptor fd_;
  struct stat info_ = {};
  char *data_ = nullptr;
  std::size_t size_ = 0;
  std::vector<bool> loaded_;  // by part
  int error_ = 0;
};

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_FILE_HPP_
