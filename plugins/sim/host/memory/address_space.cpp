// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/address_space.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <system_error>

#include "hal/hal_plugin.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

constexpr int kFirstHighFd = 10;  // the device process uses the numbers below for its own descriptors

struct Range {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t step;
};

// Ranges that programs, libraries and sanitizers do not use. The first one of x86-64 is below every
// position-independent program, and the thread sanitizer leaves it to the application. Those of aarch64 suit 48, 42 and
// 39 address bits.
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr Range kRanges[] = {
#if defined(__x86_64__)
    {0x5500'0000'0000, 0x5555'0000'0000, 16 * kGiB},
    {0x2000'0000'0000, 0x3000'0000'0000, 64 * kGiB},
#else
    {0x2000'0000'0000, 0x3000'0000'0000, 64 * kGiB},
    {0x0100'0000'0000, 0x0180'0000'0000, 16 * kGiB},
    {0x0010'0000'0000, 0x0050'0000'0000, 4 * kGiB},
#endif
};

// Calls the system directly: the wrapper of a sanitizer ends the process if it rejects an address.
void *raw_mmap(std::uint64_t address, std::uint64_t size, int protection, int flags, int fd) {
  const long got = syscall(SYS_mmap, address, size, protection, flags, fd, 0L);
  return reinterpret_cast<void *>(got);
}

[[noreturn]] void throw_no_addresses(std::uint64_t size, const std::string &what, const char *option, int error) {
  rlimit limit = {};
  getrlimit(RLIMIT_AS, &limit);
  const std::string size_text = std::to_string(size >> 20) + " MiB";
  if (limit.rlim_cur != RLIM_INFINITY)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE,
                          "the address space has no room for " + what + " (" + size_text + "): RLIMIT_AS is " +
                              std::to_string(limit.rlim_cur >> 20) + " MiB",
                          std::string("raise the limit (ulimit -v unlimited) or set ") + option + " to less", error,
                          "errno");
  throw plugin::Failure(HAL_ERR_UNAVAILABLE,
                        "cannot map " + what + " (" + size_text + "): " + plugins::errno_text(error),
                        std::string("set ") + option + " to less", error, "errno");
}

}  // namespace

std::uint64_t page_bytes() {
  static const std::uint64_t size = std::max<std::uint64_t>(4096, static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  return size;
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Fd &Fd::operator=(Fd &&other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd Fd::high(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, kFirstHighFd);
  const int error = errno;
  close(fd);
  if (copy < 0)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, "cannot open a file descriptor: " + plugins::errno_text(error),
                          "raise the limit of open files (ulimit -n)", error, "errno");
  return Fd(copy);
}

Fd make_memory_file(const char *name, std::uint64_t size_bytes) {
  plugin::fault_point("sim.memory_file");
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd < 0)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, std::string("cannot make shared memory: ") + plugins::errno_text(errno),
                          "raise the limit of open files (ulimit -n)", errno, "errno");
  Fd file = Fd::high(fd);
  if (ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0)
    throw plugin::Failure(
        HAL_ERR_UNAVAILABLE,
        "cannot make shared memory of " + std::to_string(size_bytes) + " bytes: " + plugins::errno_text(errno),
        "raise the limit of file sizes (ulimit -f) or set HAL_SIM_MEMORY to less", errno, "errno");
  return file;
}

void release_pages(const Fd &file, std::uint64_t offset, std::uint64_t size_bytes) {
  fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
            static_cast<off_t>(size_bytes));
}

Mapping::~Mapping() {
  if (data_ != nullptr) syscall(SYS_munmap, data_, size_bytes_);
}

Mapping &Mapping::operator=(Mapping &&other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

Mapping Mapping::of_file(const Fd &file, std::uint64_t size_bytes, const char *what, const char *option) {
  plugin::fault_point("sim.file_map");
  void *data = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
  if (data == MAP_FAILED) throw_no_addresses(size_bytes, what, option, errno);
  madvise(data, size_bytes, MADV_DONTDUMP);
  return {static_cast<std::byte *>(data), size_bytes};
}

Mapping ReservationWalk::next() {
  plugin::fault_point("sim.reserve");
  for (; range_ < std::size(kRanges); ++range_, offset_ = 0) {
    const Range &range = kRanges[range_];
    while (range.begin + offset_ + size_bytes_ <= range.end) {
      const std::uint64_t wanted = range.begin + offset_;
      offset_ += range.step;
      constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
      void *got = raw_mmap(wanted, size_bytes_, PROT_NONE, kFlags, -1);
      if (got == reinterpret_cast<void *>(wanted)) return {static_cast<std::byte *>(got), size_bytes_};
      if (got != MAP_FAILED) {
        syscall(SYS_munmap, got, size_bytes_);  // kernels before 4.17 ignore MAP_FIXED_NOREPLACE
      } else if (errno != EEXIST) {
        break;  // the whole range is unusable: too many address bits, or a limit
      }
    }
  }
  throw_no_addresses(size_bytes_, "a device's addresses", "HAL_SIM_MEMORY, HAL_SIM_MAPPED_MEMORY or HAL_SIM_DEVICES",
                     ENOMEM);
}

void map_over_reservation(const Fd &file, std::uint64_t address, std::uint64_t size_bytes) {
  plugin::fault_point("sim.map_over");
  if (raw_mmap(address, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, file.get()) ==
      MAP_FAILED)
    throw_no_addresses(size_bytes, "device memory", "HAL_SIM_MEMORY", errno);
}

}  // namespace hal::sim
