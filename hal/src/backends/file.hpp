// SPDX-License-Identifier: Apache-2.0
//
// Files read into memory, whole or in parts: what is checked stays what it was, even if the file shrinks meanwhile.
// Nothing is mapped, since touching a mapped page behind the end of a file that shrank kills the process.
#ifndef HAL_SRC_BACKENDS_FILE_HPP_
#define HAL_SRC_BACKENDS_FILE_HPP_

#include <sys/stat.h>

#include <cstdint>
#include <span>
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

// Reads a regular file of at most max_bytes. 0, or the errno: EISDIR for a directory, EINVAL for another sort of file,
// EFBIG for a longer one.
int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file);

// A file of which only what is asked for is read, once, all through one descriptor. The image is as long as the file;
// what was not read is zero and costs no memory.
class PartialFile {
 public:
  PartialFile() = default;
  ~PartialFile();
  PartialFile(const PartialFile &) = delete;
  PartialFile &operator=(const PartialFile &) = delete;

  // Once. As read_file, but nothing is read yet.
  int open(const std::string &path, std::uint64_t max_bytes);
  // Reads what is still missing of [offset, offset + size), as far as it lies in the file.
  void load(std::uint64_t offset, std::uint64_t size);
  void load_all() { load(0, size_); }

  std::span<const char> bytes() const noexcept { return {data_, size_}; }
  const struct stat &info() const noexcept { return info_; }
  // The first errno of a load; ESTALE: the file has become shorter since it was opened.
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
