// SPDX-License-Identifier: Apache-2.0
//
// Memory files and mappings. The host reserves the device's addresses without access: nothing of the host is ever
// placed there, and a host access faults. The host reaches the bytes through another mapping.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace hal::sim {

std::uint64_t page_bytes();  // of the system, at least 4096
std::uint64_t round_up(std::uint64_t value, std::uint64_t step);

// An owned file descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd();
  Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd &operator=(Fd &&other) noexcept;

  // Replaces a descriptor by one numbered 10 or more, closed on exec. The device process uses the lower numbers.
  // Throws plugin::Failure.
  static Fd high(int fd);
  int get() const { return fd_; }
  void reset() { *this = Fd(); }

 private:
  int fd_;
};

// Makes a sparse file in memory. Throws plugin::Failure.
Fd make_memory_file(const char *name, std::uint64_t size_bytes);
// Releases the pages of a part of a memory file. The part reads as zero afterwards.
void release_pages(const Fd &file, std::uint64_t offset, std::uint64_t size_bytes);

// An owned range of this process's addresses. The destructor unmaps it.
class Mapping {
 public:
  Mapping() = default;
  Mapping(std::byte *data, std::uint64_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  ~Mapping();
  Mapping(Mapping &&other) noexcept { *this = std::move(other); }
  Mapping &operator=(Mapping &&other) noexcept;

  // Maps a memory file, readable and writable, at an address that the system chooses. Throws plugin::Failure: the error
  // names `what` and the option that makes the mapping smaller.
  static Mapping of_file(const Fd &file, std::uint64_t size_bytes, const char *what, const char *option);

  std::byte *data() const { return data_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(data_); }

 private:
  std::byte *data_ = nullptr;
  std::uint64_t size_bytes_ = 0;
};

// Tries the addresses that a device may have on this architecture, one after the other.
class ReservationWalk {
 public:
  explicit ReservationWalk(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}
  // Reserves the next free range, without access. Throws plugin::Failure if no range is left.
  Mapping next();

 private:
  std::uint64_t size_bytes_;
  std::size_t range_ = 0;
  std::uint64_t offset_ = 0;
};

// Maps a memory file over a part of a reservation, for HAL_SIM_PROCESS=0. Throws plugin::Failure.
void map_over_reservation(const Fd &file, std::uint64_t address, std::uint64_t size_bytes);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_
