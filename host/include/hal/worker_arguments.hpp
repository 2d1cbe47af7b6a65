// SPDX-License-Identifier: Apache-2.0
//
// Part of hal/chip_worker.hpp: the arguments of a launch. C++20. Building an argument never fails. run() and submit()
// check the arguments, and an error names the place of the argument in the list.
//
//   in(data)      the kernel reads the data; the worker never writes to them
//   out(data)     the kernel writes all the data; elements that it skips are undefined. The worker never reads them
//   inout(data)   both
//   device(addr)  memory that is on the device, or mapped for it, already
//   scalar(3.0f), mem(…), tensor(…), address(…) of hal/hal.hpp
//
// The data of in, out and inout are host memory. If the pointer is in memory that is mapped for the device of the
// worker (malloc_host_device_share_mem, mallocHostDeviceShareMem, register_host, hal_mem_alloc of HOST_MAPPED), the
// kernel gets the mapped address and nothing is copied. Otherwise the worker stages the data: it copies them to a
// buffer on the device before the launch (in, inout), and back after the launch (out, inout). Each argument has a
// buffer of its own, also if two arguments name the same data.
#ifndef HAL_WORKER_ARGUMENTS_HPP_
#define HAL_WORKER_ARGUMENTS_HPP_

#if __cplusplus <= 201703L
#error Compile hal/worker_arguments.hpp as C++20 or later, for example with -std=c++20.
#endif

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

// The dimensions of a contiguous tensor, in elements, outermost first: one to five, each from 1 to 2^32 - 1.
class Shape {
 public:
  Shape() noexcept = default;
  Shape(std::initializer_list<std::uint64_t> dims) noexcept : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::uint64_t> dims) noexcept : rank_(dims.size()) {
    std::copy_n(dims.begin(), std::min(dims.size(), dims_.size()), dims_.begin());
  }
  std::size_t rank() const noexcept { return rank_; }
  // Returns at most the first five dimensions. rank() may be larger; run() and submit() then fail.
  std::span<const std::uint64_t> dims() const noexcept { return {dims_.data(), std::min(rank_, dims_.size())}; }

 private:
  std::array<std::uint64_t, 5> dims_{};
  std::size_t rank_ = 0;
};

// One argument. The functions below make it.
//
// Lifetime: it owns nothing. The data must stay valid as run() and submit() require.
struct Argument {
  enum class Source : std::uint8_t { kRaw, kHost, kDevice };

  Argument(const hal_arg_t &ready) noexcept : raw(ready) {}  // NOLINT(google-explicit-constructor): for scalar(3.0f)
  Argument(const void *host, const Shape &dims, hal_dtype_t type, std::uint8_t direction) noexcept
      : source(Source::kHost), access(direction), dtype(type), host_ptr(const_cast<void *>(host)), shape(dims) {}
  Argument(hal_device_addr_t addr, const Shape &dims, hal_dtype_t type, std::uint8_t direction) noexcept
      : source(Source::kDevice), access(direction), dtype(type), device_addr(addr), shape(dims) {}
  Argument(hal_device_addr_t addr, std::uint64_t bytes, std::uint8_t direction) noexcept
      : source(Source::kDevice), access(direction), device_addr(addr), size_bytes(bytes) {}

  Source source = Source::kRaw;
  std::uint8_t access = 0;  // HAL_ACCESS_*
  hal_dtype_t dtype = HAL_DTYPE_F32;
  void *host_ptr = nullptr;           // of kHost
  hal_device_addr_t device_addr = 0;  // of kDevice
  std::uint64_t size_bytes = 0;       // of kDevice without a shape; 0 = to the end of the allocation
  Shape shape;                        // rank 0 = no shape
  hal_arg_t raw{};                    // of kRaw: passed unchanged
};

// A contiguous range that stays valid after the expression: an lvalue, or a view such as std::span.
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

// in, out and inout take host data in three forms: pointer, shape and HAL_DTYPE_*; typed pointer and shape; or a whole
// range, as a tensor of rank 1.
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

// Memory by its device address, which may be anywhere in an allocation or mapping of this process. It is never copied;
// run() and submit() check lifetime and bounds. Three forms: a tensor, size_bytes bytes, or everything to the end of
// the allocation.
//
// access  HAL_ACCESS_*
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
