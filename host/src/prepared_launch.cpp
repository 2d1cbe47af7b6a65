// SPDX-License-Identifier: Apache-2.0
#include "prepared_launch.hpp"

#include <limits>
#include <optional>
#include <string>

#include "failure.hpp"

namespace hal {
namespace {

std::string name_of(std::size_t place) { return "argument " + std::to_string(place); }

std::optional<std::uint64_t> element_bytes(hal_dtype_t dtype) {
  switch (dtype) {
    case HAL_DTYPE_I8:
    case HAL_DTYPE_U8:
    case HAL_DTYPE_BOOL:
      return 1;
    case HAL_DTYPE_F16:
    case HAL_DTYPE_BF16:
    case HAL_DTYPE_I16:
    case HAL_DTYPE_U16:
      return 2;
    case HAL_DTYPE_F32:
    case HAL_DTYPE_I32:
    case HAL_DTYPE_U32:
      return 4;
    case HAL_DTYPE_I64:
    case HAL_DTYPE_U64:
      return 8;
    default:
      return std::nullopt;
  }
}

// Checks shape and dtype of a contiguous tensor, and returns its size in bytes.
std::uint64_t tensor_bytes(const Argument &arg, std::size_t place, const char *function) {
  const std::optional<std::uint64_t> element = element_bytes(arg.dtype);
  if (!element) {
    fail(HAL_ERR_INVALID_ARGUMENT, function,
         name_of(place) + " has the unknown element type " + std::to_string(arg.dtype), "use one of HAL_DTYPE_*");
  }
  if (arg.shape.rank() < 1 || arg.shape.rank() > 5) {
    fail(HAL_ERR_INVALID_ARGUMENT, function,
         name_of(place) + " has " + std::to_string(arg.shape.rank()) + " dimensions", "use one to five dimensions");
  }
  std::uint64_t bytes = *element;
  for (const std::uint64_t dim : arg.shape.dims()) {
    if (dim < 1 || dim > std::numeric_limits<std::uint32_t>::max()) {
      fail(HAL_ERR_INVALID_ARGUMENT, function, name_of(place) + " has a dimension of " + std::to_string(dim),
           "use dimensions from 1 to 4294967295");
    }
    if (__builtin_mul_overflow(bytes, dim, &bytes)) {
      fail(HAL_ERR_INVALID_ARGUMENT, function, name_of(place) + " spans more than 2^64 bytes", "check its shape");
    }
  }
  return bytes;
}

hal_arg_t tensor_argument(const Argument &arg, hal_mem_t mem, std::uint64_t offset_bytes) {
  std::uint32_t shape[5];
  std::size_t rank = 0;
  for (const std::uint64_t dim : arg.shape.dims()) shape[rank++] = static_cast<std::uint32_t>(dim);
  return tensor(mem, std::span(shape, rank), arg.dtype, arg.access, offset_bytes);
}

hal_arg_t device_argument(const Device &device, const Argument &arg, std::size_t place, const char *function) {
  if (arg.shape.rank() != 0) (void)tensor_bytes(arg, place, function);
  const hal_mem_info_t found = device.lookup_device(arg.device_addr);
  if (found.kind == HAL_MEM_UNKNOWN) {
    fail(HAL_ERR_INVALID_ARGUMENT, function,
         name_of(place) + " is the device address " + hex(arg.device_addr) + ", which is not in memory of this device",
         "use an address of allocate(), register_host() or hal_mem_info(), or pass it unchecked with hal::address()");
  }
  if (arg.shape.rank() != 0) return tensor_argument(arg, found.mem, found.offset_bytes);
  return mem(found.mem, arg.access, found.offset_bytes, arg.size_bytes);
}

bool is_mapped(const hal_mem_info_t &info) {
  return info.kind == HAL_MEM_HOST_MAPPED || info.kind == HAL_MEM_HOST_IMPORTED || info.kind == HAL_MEM_DEVICE_MAPPED;
}

}  // namespace

PreparedLaunch::PreparedLaunch(const Device &device, std::span<const Argument> args, const char *function) {
  if (args.size() > kMaxArgs) {
    fail(HAL_ERR_INVALID_ARGUMENT, function,
         "the launch has " + std::to_string(args.size()) + " arguments; a kernel takes at most " +
             std::to_string(kMaxArgs),
         "pass further values in memory");
  }
  for (const Argument &arg : args) {
    switch (arg.source) {
      case Argument::Source::kRaw:
        args_[count_] = arg.raw;
        break;
      case Argument::Source::kHost:
        args_[count_] = host_argument(device, arg, count_, function);
        break;
      case Argument::Source::kDevice:
        args_[count_] = device_argument(device, arg, count_, function);
        break;
    }
    ++count_;
  }
}

hal_arg_t PreparedLaunch::host_argument(const Device &device, const Argument &arg, std::size_t place,
                                        const char *function) {
  const std::uint64_t size_bytes = tensor_bytes(arg, place, function);
  if (arg.host_ptr == nullptr) {
    fail(HAL_ERR_INVALID_ARGUMENT, function, name_of(place) + " is a null pointer", "pass the address of its data");
  }
  const hal_mem_info_t found = device.lookup_host(arg.host_ptr);
  if (is_mapped(found)) return tensor_argument(arg, found.mem, found.offset_bytes);

  auto desc = detail::sized<hal_mem_desc_t>();
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = size_bytes;
  const std::string tag = name_of(place) + " of " + function;
  desc.tag = tag.c_str();
  buffers_.push_back(device.allocate(desc));
  staged_.push_back({buffers_.back().handle(), arg.host_ptr, size_bytes, arg.access});
  return tensor_argument(arg, buffers_.back().handle(), 0);
}

}  // namespace hal
