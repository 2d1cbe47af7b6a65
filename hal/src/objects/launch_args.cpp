// SPDX-License-Identifier: Apache-2.0
#include "objects/launch_args.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "diagnostics/error.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/mem_rules.hpp"

namespace hal::core {
namespace {

constexpr std::uint32_t kMaxRank = 5;

hal_status_t invalid(std::uint32_t index, const std::string &what, std::string_view hint) {
  return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("argument {}: {}", index, what), hint);
}

hal_status_t fail_unused(std::uint32_t index) {
  return invalid(index, "a field that its type does not use is not zero",
                 "set the whole argument to zero before filling it");
}

bool are_zero(const std::uint64_t *words, int count) {
  return std::all_of(words, words + count, [](std::uint64_t word) { return word == 0; });
}

hal_status_t check_access(std::uint32_t index, std::uint8_t access) {
  if (access != 0 && (access & ~(HAL_ACCESS_READ | HAL_ACCESS_WRITE)) == 0) [[likely]]
    return HAL_OK;
  return invalid(index, fmt::format("access is {}", access), "combine HAL_ACCESS_READ and HAL_ACCESS_WRITE");
}

hal_status_t check_dtype(std::uint32_t index, hal_dtype_t dtype) {
  if (dtype_bytes(dtype) != 0) [[likely]]
    return HAL_OK;
  return invalid(index, fmt::format("dtype {} does not exist", dtype), "use one of HAL_DTYPE_*");
}

hal_status_t check_memory(std::uint32_t index, const Device &device, const Memory &memory, hal_engine_mask_t engine) {
  if (&memory.device() != &device)
    return invalid(index,
                   fmt::format("{} belongs to device {}, the kernel to device {}", memory.describe(),
                               memory.device().name(), device.name()),
                   "use memory of the kernel's device");
  if ((memory.may_reach() & engine) == 0)
    return fail(HAL_ERR_UNSUPPORTED,
                fmt::format("argument {}: {} cannot be reached by {}, only by {}", index, memory.describe(),
                            engine_names(engine), engine_names(memory.may_reach())),
                "use another kind of memory, or launch on another engine");
  return HAL_OK;
}

}  // namespace

std::uint32_t dtype_bytes(hal_dtype_t dtype) noexcept {
  constexpr std::uint8_t kBytes[] = {4, 2, 4, 2, 1, 1, 2, 8, 8, 2, 4, 1};
  return dtype < std::size(kBytes) ? kBytes[dtype] : 0;
}

bool resolve_tensor(hal_arg_t &arg, std::uint64_t &span_bytes) noexcept {
  const std::uint32_t *shape = arg.u.tensor.shape;
  std::uint32_t *strides = arg.u.tensor.strides;
  if (std::all_of(strides, strides + arg.rank, [](std::uint32_t stride) { return stride == 0; })) {
    std::uint64_t elements = 1;
    for (std::uint32_t i = arg.rank; i-- > 0;) {
      if (elements > UINT32_MAX) return false;
      strides[i] = static_cast<std::uint32_t>(elements);
      elements *= shape[i];
    }
  }
  std::uint64_t span = 1;
  for (std::uint32_t i = 0; i < arg.rank; ++i) {
    const std::uint64_t step =
        (std::uint64_t{shape[i]} - 1) * strides[i];  // a product of two 32-bit numbers: no overflow
    if (__builtin_add_overflow(span, step, &span)) return false;
  }
  return !__builtin_mul_overflow(span, std::uint64_t{dtype_bytes(arg.dtype)}, &span_bytes);
}

LaunchArgs::~LaunchArgs() {
  for (std::uint32_t i = 0; i < held_count_; ++i) handles().unpin(held_[i].handle);
}

hal_status_t LaunchArgs::check_order(std::uint32_t index, std::uint32_t &scalars) const {
  const hal_arg_t &arg = args_[index];
  if (arg.type == HAL_ARG_SCALAR) {
    if (++scalars <= kMaxScalarArgs) return HAL_OK;
    return invalid(index, fmt::format("more than {} SCALAR arguments", kMaxScalarArgs),
                   "pass further values in memory, or use convention C");
  }
  if (scalars > 0)
    return invalid(index, "a MEM, TENSOR or ADDR argument follows a SCALAR",
                   "put all memory arguments before all scalars, or use convention C");
  if (index < kMaxAddressArgs) return HAL_OK;
  return invalid(index, fmt::format("more than {} MEM, TENSOR and ADDR arguments", kMaxAddressArgs),
                 "pass further addresses in memory, or use convention C");
}

hal_status_t LaunchArgs::resolve_scalar(std::uint32_t index) {
  const hal_arg_t &arg = args_[index];
  if (arg.access != 0 || arg.rank != 0 || arg.mem != nullptr || arg.offset_bytes != 0 || !are_zero(arg.u.words + 1, 4))
    return fail_unused(index);
  words_[index] = arg.u.bits;
  sizes_[index] = 0;
  return check_dtype(index, arg.dtype);
}

hal_status_t LaunchArgs::resolve_address(std::uint32_t index) {
  const hal_arg_t &arg = args_[index];
  if (arg.access != 0 || arg.dtype != 0 || arg.rank != 0 || arg.mem != nullptr || arg.offset_bytes != 0 ||
      !are_zero(arg.u.words + 1, 4))
    return fail_unused(index);
  words_[index] = arg.u.bits;
  sizes_[index] = 0;
  return HAL_OK;
}

hal_status_t LaunchArgs::measure_tensor(std::uint32_t index) {
  hal_arg_t &arg = args_[index];
  if (const hal_status_t status = check_dtype(index, arg.dtype); status != HAL_OK) return status;
  if (arg.rank == 0 || arg.rank > kMaxRank)
    return invalid(index, fmt::format("rank is {}", arg.rank), "use 1 to 5 dimensions");
  for (std::uint32_t i = 0; i < kMaxRank; ++i) {
    if (i >= arg.rank && (arg.u.tensor.shape[i] != 0 || arg.u.tensor.strides[i] != 0)) return fail_unused(index);
    if (i < arg.rank && arg.u.tensor.shape[i] == 0)
      return invalid(index, fmt::format("shape[{}] is 0", i), "leave empty tensors out of the launch");
  }
  if (resolve_tensor(arg, sizes_[index])) return HAL_OK;
  return fail(HAL_ERR_OUT_OF_RANGE, fmt::format("argument {}: shape and strides span 2^64 bytes or more", index),
              "check shape and strides");
}

// Computes the size of the argument in bytes, and checks that it lies inside its memory.
hal_status_t LaunchArgs::measure(std::uint32_t index, const Memory &memory) {
  const hal_arg_t &arg = args_[index];
  if (arg.type == HAL_ARG_TENSOR) {
    if (const hal_status_t status = measure_tensor(index); status != HAL_OK) return status;
  } else {
    if (arg.dtype != 0 || arg.rank != 0 || !are_zero(arg.u.mem.reserved, 4)) return fail_unused(index);
    sizes_[index] = arg.u.mem.size_bytes;
    if (sizes_[index] == 0 && arg.offset_bytes < memory.size()) sizes_[index] = memory.size() - arg.offset_bytes;
  }
  const bool inside = arg.offset_bytes < memory.size() && sizes_[index] <= memory.size() - arg.offset_bytes;
  if (inside) [[likely]]
    return HAL_OK;
  return fail(HAL_ERR_OUT_OF_RANGE,
              fmt::format("argument {}: offset {} + {} bytes is outside {}", index, arg.offset_bytes, sizes_[index],
                          memory.describe()),
              "stay inside the allocation");
}

hal_status_t LaunchArgs::resolve_memory(Device &device, std::uint32_t index, hal_engine_mask_t engine) {
  const hal_arg_t &arg = args_[index];
  const std::uint64_t handle = handle_value(arg.mem);
  void *object = nullptr;
  if (const PinAnswer answer = handles().pin(handle, Memory::kType, &object); answer != PinAnswer::kOk) [[unlikely]]
    return fail_handle(answer, Memory::kType, handle, fmt::format("argument {}: mem", index).c_str());
  auto *memory = static_cast<Memory *>(object);
  held_[held_count_++] = {memory, handle, nullptr};
  hal_status_t status = check_access(index, arg.access);
  if (status == HAL_OK) status = check_memory(index, device, *memory, engine);
  if (status == HAL_OK) status = measure(index, *memory);
  words_[index] = memory->device_addr() + arg.offset_bytes;
  return status;
}

hal_status_t LaunchArgs::resolve_one(Device &device, std::uint32_t index, hal_engine_mask_t engine) {
  const hal_arg_t &arg = args_[index];
  if (arg.reserved0 != 0) return fail_unused(index);
  switch (arg.type) {
    case HAL_ARG_SCALAR:
      return resolve_scalar(index);
    case HAL_ARG_ADDR:
      return resolve_address(index);
    case HAL_ARG_MEM:
    case HAL_ARG_TENSOR:
      return resolve_memory(device, index, engine);
    default:
      return invalid(index, fmt::format("type {} does not exist", arg.type), "use one of HAL_ARG_*");
  }
}

hal_status_t LaunchArgs::resolve(Device &device, const hal_arg_t *args, std::uint32_t count,
                                 hal_convention_t convention, hal_engine_mask_t engine) {
  if (count > kMaxArgs)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("desc->arg_count is {}; at most {} are allowed", count, kMaxArgs),
                "pass further values in memory");
  if (count > 0 && args == nullptr) return fail_null("desc->args");
  if (count > 0) std::memcpy(args_, args, count * sizeof(hal_arg_t));
  std::uint32_t scalars = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (const hal_status_t status = resolve_one(device, i, engine); status != HAL_OK) return status;
    if (convention == HAL_CONVENTION_C) continue;
    if (const hal_status_t status = check_order(i, scalars); status != HAL_OK) return status;
  }
  return HAL_OK;
}

void LaunchArgs::hold(std::uint64_t stream) {
  for (std::uint32_t i = 0; i < held_count_; ++i) held_[i].entry = &held_[i].memory->users().entry_for(stream);
}

void LaunchArgs::note(std::uint64_t ticket) noexcept {
  for (std::uint32_t i = 0; i < held_count_; ++i) InFlight::note(*held_[i].entry, ticket);
}

}  // namespace hal::core
