// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/chip_worker.hpp: kernel arguments as a caller means them. Building one never fails; run() and submit()
// check it and name its place in the list.
//
//   in(data)      the kernel reads it; the host's data are never written
//   out(data)     the kernel writes it, all of it: what it skips is undefined. The host's data are never read
//   inout(data)   both
//   device(addr)  memory that is on the device, or mapped for it, already
//   scalar(3.0f), mem(…), tensor(…), address(…) of hal/hal.hpp
//
// Data of in, out and inout are host memory. If the pointer lies in memory that is mapped for the worker's device
// (malloc_host_device_share_mem, mallocHostDeviceShareMem, register_host, hal_mem_alloc of HOST_MAPPED), the kernel
// gets the mapped address and nothing is ever copied. Otherwise they are staged: copied to a buffer on the device
// before the launch, and back after it, as the direction says; each argument has its own buffer, also when two name the
// same data.
#ifndef HAL_WORKER_ARGUMENTS_HPP_
#define HAL_WORKER_ARGUMENTS_HPP_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <span>
#include <type_traits>

#include "hal/hal.hpp"

namespace hal {

// Dimensions of a contiguous tensor in elements, outermost first: one to five, each 1 to 2^32 - 1.
class Shape {
 public:
  Shape() noexcept = default;
  Shape(std::initializer_list<std::uint64_t> dims) noexcept : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::uint64_t> dims) noexcept : rank_(dims.size()) {
    std::copy_n(dims.begin(), std::min(dims.size(), dims_.size()), dims_.begin());
  }
  std::size_t rank() const noexcept { return rank_; }
  // The first five at most; rank() may be more, which is refused later.
  std::span<const std::uint64_t> dims() const noexcept { return {dims_.data(), std::min(rank_, dims_.size())}; }

 private:
  std::array<std::uint64_t, 5> dims_{};
  std::size_t rank_ = 0;
};

// One argument. Made by the functions below; owns nothing, so the data must live as run() and submit() say.
struct Argument {
  enum class Source : std::uint8_t { kRaw, kHost, kDevice };

  Argument(const hal_arg_t &ready) noexcept : raw(ready) {}  // NOLINT(google-explicit-constructor): scalar(3.0f) is one
  Argument(const void *host, const Shape &dims, hal_dtype_t type, std::uint8_t direction) noexcept
      : source(Source::kHost), access(direction), dtype(type), host_ptr(const_cast<void *>(host)), shape(dims) {}
  Argument(hal_device_addr_t addr, const Shape &dims, hal_dtype_t type, std::uint8_t direction) noexcept
      : source(Source::kDevice), access(direction), dtype(type), device_addr(addr), shape(dims) {}
  Argument(hal_device_addr_t addr, std::uint64_t bytes, std::uint8_t direction) noexcept
      : source(Source::kDevice), access(direction), device_addr(addr), size_bytes(bytes) {}

  Source source = Source::kRaw;
  std::uint8_t access = 0;  // HAL_ACCESS_*
  hal_dtype_t dtype = HAL_DTYPE_F32;
  void *host_ptr = nullptr;           // kHost
  hal_device_addr_t device_addr = 0;  // kDevice
  std::uint64_t size_bytes = 0;       // kDevice without a shape; 0 = to the end of the allocation
  Shape shape;                        // rank 0: none
  hal_arg_t raw{};                    // kRaw: passed as it is
};

// A contiguous range that outlives the expression it stands in: an lvalue, or a view such as std::span.
template <typename R>
concept HostRange = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && std::ranges::borrowed_range<R>;
template <typename R>
concept WritableHostRange =
    HostRange<R> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

namespace detail {

template <typename R>
Argument of_range(R &range, std::uint8_t access) {
  using Element = std::ranges::range_value_t<R>;
  return {static_cast<const void *>(std::ranges::data(range)), Shape{std::uint64_t{std::ranges::size(range)}},
          dtype_of<Element>(), access};
}

}  // namespace detail

// Host data by pointer, shape and HAL_DTYPE_*; by typed pointer and shape; or a whole range, as a tensor of rank 1.
inline Argument in(const void *data, const Shape &shape, hal_dtype_t dtype) noexcept {
  return {data, shape, dtype, HAL_ACCESS_READ};
}
template <typename T>
Argument in(const T *data, const Shape &shape) noexcept {
  return {data, shape, dtype_of<T>(), HAL_ACCESS_READ};
}
template <HostRange R>
Argument in(R &&range) {
  return detail::of_range(range, HAL_ACCESS_READ);
}

inline Argument out(void *data, const Shape &shape, hal_dtype_t dtype) noexcept {
  return {data, shape, dtype, HAL_ACCESS_WRITE};
}
template <typename T>
requires(!std::is_const_v<T>) Argument out(T *data, const Shape &shape)
noexcept { return {data, shape, dtype_of<T>(), HAL_ACCESS_WRITE}; }
template <WritableHostRange R>
Argument out(R &&range) {
  return detail::of_range(range, HAL_ACCESS_WRITE);
}

inline Argument inout(void *data, const Shape &shape, hal_dtype_t dtype) noexcept {
  return {data, shape, dtype, kReadWrite};
}
template <typename T>
requires(!std::is_const_v<T>) Argument inout(T *data, const Shape &shape)
noexcept { return {data, shape, dtype_of<T>(), kReadWrite}; }
template <WritableHostRange R>
Argument inout(R &&range) {
  return detail::of_range(range, kReadWrite);
}

// Memory by its device address, which may lie inside an allocation or a mapping of anyone in this process: as a tensor;
// as size_bytes bytes; or all of it to the end of the allocation. Never copied; lifetime and bounds are checked.
// access: HAL_ACCESS_*.
inline Argument device(hal_device_addr_t addr, const Shape &shape, hal_dtype_t dtype,
                       std::uint8_t access = kReadWrite) noexcept {
  return {addr, shape, dtype, access};
}
inline Argument device_bytes(hal_device_addr_t addr, std::uint64_t size_bytes,
                             std::uint8_t access = kReadWrite) noexcept {
  return {addr, size_bytes, access};
}
inline Argument device(hal_device_addr_t addr) noexcept { return {addr, std::uint64_t{0}, kReadWrite}; }

}  // namespace hal

#endif  // HAL_WORKER_ARGUMENTS_HPP_
