// SPDX-License-Identifier: Apache-2.0
//
// Converts kernel arguments of Python to those of hal::ChipWorker, and keeps their memory alive.
#ifndef NPUHAL_ARGUMENTS_HPP_
#define NPUHAL_ARGUMENTS_HPP_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hal/worker_arguments.hpp"

namespace npuhal {

// Host data with the kernel's access to them: npuhal.In, Out, InOut.
struct HostData {
  pybind11::object data;
  std::optional<hal_dtype_t> dtype;  // none: the type of the data
};
struct In : HostData {};
struct Out : HostData {};
struct InOut : HostData {};

// npuhal.DeviceTensor, DeviceMemory and Address.
struct DeviceTensor {
  hal_device_addr_t addr;
  std::vector<std::uint64_t> shape;
  hal_dtype_t dtype;
  std::uint8_t access;
};
struct DeviceMemory {
  hal_device_addr_t addr;
  std::uint64_t size_bytes;  // 0 = to the end of the allocation
  std::uint8_t access;
};
struct Address {
  hal_device_addr_t addr;
};

// Returns HAL_ACCESS_* for "r", "w" or "rw". Throws ValueError for another text.
std::uint8_t access_of(const std::string &text);

// The arguments of one launch. While it lives, the Python objects that own the data live and cannot be resized. Create
// and destroy it with the global lock held.
class Arguments {
 public:
  // Throws TypeError or ValueError, which name the argument by its index and direction.
  explicit Arguments(const pybind11::sequence &values);
  ~Arguments();
  Arguments(const Arguments &) = delete;
  Arguments &operator=(const Arguments &) = delete;

  std::span<const hal::Argument> get() const noexcept { return arguments_; }

 private:
  void add(const pybind11::handle &value, const std::string &name);
  void add_host(const HostData &host, std::uint8_t access, const std::string &name);
  void add_shared(const pybind11::handle &value, const std::string &name);
  bool add_scalar(const pybind11::handle &value, const std::string &name);

  std::vector<hal::Argument> arguments_;
  std::vector<Py_buffer> buffers_;
  std::vector<pybind11::object> owners_;
};

// A view of a contiguous object with the buffer protocol, for copies and registrations. Create and destroy it with the
// global lock held.
class Bytes {
 public:
  // Throws TypeError or ValueError, whose text begins with name.
  Bytes(const pybind11::handle &data, bool writable, const std::string &name);
  ~Bytes();
  Bytes(const Bytes &) = delete;
  Bytes &operator=(const Bytes &) = delete;

  void *data() const noexcept { return buffer_.buf; }
  std::uint64_t size_bytes() const noexcept { return static_cast<std::uint64_t>(buffer_.len); }

 private:
  Py_buffer buffer_{};
};

}  // namespace npuhal

#endif  // NPUHAL_ARGUMENTS_HPP_
