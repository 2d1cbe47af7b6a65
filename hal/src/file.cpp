// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace hal::core {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int sort_error(mode_t mode) { return S_ISDIR(mode) ? EISDIR : S_ISREG(mode) ? 0 : EINVAL; }

int read_all(int fd, std::vector<char> &bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return 0;
}

}  // namespace

FileStamp stamp_of(const struct stat &info) noexcept {
  return {info.st_dev, info.st_ino, info.st_size,
          std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec};
}

int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return errno;
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return errno;
  if (const int error = sort_error(info.st_mode); error != 0) return error;
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) return EFBIG;
  file.info = info;
  file.bytes.resize(static_cast<std::size_t>(info.st_size));
  return read_all(fd.get(), file.bytes);
}

}  // namespace hal::core
