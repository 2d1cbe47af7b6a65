// SPDX-License-Identifier: Apache-2.0
//
// The device's addresses in the host process: reserved, so that nothing of the host ever lies there and a host access
// faults, while the bytes are seen through another mapping.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace hal::sim {

std::uint64_t page_bytes();  // max(4096, the system's)
std::uint64_t round_up(std::uint64_t value, std::uint64_t step);

// An owned file descriptor, above the low numbers that a spawned process gets.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd();
  Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd &operator=(Fd &&other) noexcept;

  // A copy with a number of at least 10, closed on exec; closes the original. Throws.
  static Fd high(int fd);
  int get() const { return fd_; }
  void reset() { *this = Fd(); }

 private:
  int fd_;
};

// Anonymous memory with a descriptor, sparse. Throws plugin::Failure.
Fd make_memory_file(const char *name, std::uint64_t size_bytes);

// A range of this process's addresses, unmapped at the end.
class Mapping {
 public:
  Mapping() = default;
  Mapping(std::byte *data, std::uint64_t size_bytes) : data_(data), size_bytes_(size_bytes) {}
  ~Mapping();
  Mapping(Mapping &&other) noexcept { *this = std::move(other); }
  Mapping &operator=(Mapping &&other) noexcept;

  // All of a memory file, readable and writable, wherever the system puts it. what and option are for the error, which
  // names RLIMIT_AS and the option that makes the mapping smaller. Throws plugin::Failure.
  static Mapping of_file(const Fd &file, std::uint64_t size_bytes, const char *what, const char *option);

  std::byte *data() const { return data_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(data_); }

 private:
  std::byte *data_ = nullptr;
  std::uint64_t size_bytes_ = 0;
};

// Walks the short list of places where a device's addresses may lie on this architecture.
class ReservationWalk {
 public:
  explicit ReservationWalk(std::uint64_t size_bytes) : size_bytes_(size_bytes) {}
  // The next free place, reserved without access. Throws plugin::Failure when there is none left.
  Mapping next();

 private:
  std::uint64_t size_bytes_;
  std::size_t range_ = 0;
  std::uint64_t offset_ = 0;
};

// Lays a memory file over part of a reservation (thread mode). Throws plugin::Failure.
void map_over_reservation(const Fd &file, std::uint64_t address, std::uint64_t size_bytes);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_ADDRESS_SPACE_HPP_
