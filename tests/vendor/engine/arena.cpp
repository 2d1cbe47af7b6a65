// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "engine.hpp"

namespace standin {

std::size_t page_bytes() {
  static const std::size_t bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// Twice the address space, because an unused page follows each allocation.
Arena::Arena(std::uint64_t bytes) : bytes_(bytes / page_bytes() * page_bytes()) {
  const std::size_t span = 2 * bytes_ + page_bytes();
  file_ = ::memfd_create("standin-device-memory", MFD_CLOEXEC);
  if (file_ >= 0 && ::ftruncate(file_, static_cast<off_t>(span)) == 0) {
    device_ = static_cast<char *>(::mmap(nullptr, span, PROT_NONE, MAP_SHARED | MAP_NORESERVE, file_, 0));
    alias_ = static_cast<char *>(::mmap(nullptr, span, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0));
    if (device_ != MAP_FAILED && alias_ != MAP_FAILED) return;
  }
  std::perror("stand-in: not enough address space for a device's memory; set STANDIN_HBM_BYTES to a smaller size");
  std::abort();
}

Arena::~Arena() {
  const std::size_t span = 2 * bytes_ + page_bytes();
  ::munmap(device_, span);
  ::munmap(alias_, span);
  ::close(file_);
}

bool Arena::take(std::uint64_t bytes, std::size_t skew, Allocation &out) {
  const std::size_t page = page_bytes();
  if (bytes > bytes_ - used_) return false;
  const std::size_t length = (bytes + skew + page - 1) / page * page;
  if (length > bytes_ - used_) return false;
  std::size_t at = 0;
  for (const auto &[offset, taken] : taken_) {
    if (offset - at >= length + page) break;
    at = offset + taken + page;
  }
  if (at + length > 2 * bytes_) return false;
  taken_[at] = length;
  used_ += length;
  out.offset = at;
  out.length = length;
  out.address = reinterpret_cast<Address>(device_) + at + skew;
  return true;
}

void Arena::give(const Allocation &allocation) {
  taken_.erase(allocation.offset);
  used_ -= allocation.length;
  // Returns the pages to the system. What a kernel still writes there is lost.
  ::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(allocation.offset),
              static_cast<off_t>(allocation.length));
}

}  // namespace standin
