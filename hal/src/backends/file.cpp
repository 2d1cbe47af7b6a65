// SPDX-License-Identifier: Apache-2.0
#include "backends/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hal::core {
namespace {

constexpr std::uint64_t kPartBytes = 4096;

int kind_error(mode_t mode) { return S_ISDIR(mode) ? EISDIR : S_ISREG(mode) ? 0 : EINVAL; }

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

// O_NONBLOCK, so that opening a FIFO does not wait for a writer.
int open_regular(const std::string &path, std::uint64_t max_bytes, Descriptor &fd, struct stat &info) {
  fd = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) return errno;
  if (const int error = kind_error(info.st_mode); error != 0) return error;
  return static_cast<std::uint64_t>(info.st_size) > max_bytes ? EFBIG : 0;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileStamp stamp_of(const struct stat &info) noexcept {
  return {info.st_dev, info.st_ino, info.st_size,
          std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec};
}

int read_file(const std::string &path, std::uint64_t max_bytes, FileBytes &file) {
  Descriptor fd;
  if (const int error = open_regular(path, max_bytes, fd, file.info); error != 0) return error;
  file.bytes.resize(static_cast<std::size_t>(file.info.st_size));
  return read_all(fd.get(), file.bytes);
}

PartialFile::~PartialFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

int PartialFile::open(const std::string &path, std::uint64_t max_bytes) {
  if (const int error = open_regular(path, max_bytes, fd_, info_); error != 0) return error;
  const auto size = static_cast<std::size_t>(info_.st_size);
  if (size == 0) return 0;
  loaded_.resize(size / kPartBytes + 1);
  void *data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return errno;
  data_ = static_cast<char *>(data);
  size_ = size;
  return 0;
}

void PartialFile::load(std::uint64_t offset, std::uint64_t size) {
  if (offset >= size_ || size == 0) return;
  const std::uint64_t last = offset + std::min(size, size_ - offset) - 1;
  for (std::uint64_t part = offset / kPartBytes; part <= last / kPartBytes; ++part) {
    if (loaded_[part]) continue;
    loaded_[part] = true;
    read_part(part);
  }
}

void PartialFile::read_part(std::uint64_t part) {
  std::uint64_t at = part * kPartBytes;
  const std::uint64_t end = std::min<std::uint64_t>(at + kPartBytes, size_);
  while (at < end && error_ == 0) {
    const ssize_t got = ::pread(fd_.get(), data_ + at, end - at, static_cast<off_t>(at));
    if (got > 0)
      at += static_cast<std::uint64_t>(got);
    else if (got == 0)
      error_ = ESTALE;
    else if (errno != EINTR)
      error_ = errno;
  }
}

}  // namespace hal::core
