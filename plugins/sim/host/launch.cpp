// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "hal/kernel.h"
#include "sim/host/executable.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kExternalOwner = UINT64_MAX;
constexpr std::uint8_t kDeviceSpace = 1;

bool is_contiguous(const hal_arg_t &arg) {
  std::uint64_t expected = 1;
  for (int i = arg.rank - 1; i >= 0; --i) {
    if (arg.u.tensor.strides[i] != expected) return false;
    expected *= arg.u.tensor.shape[i];
  }
  return true;
}

void describe_tensor(const hal_arg_t &arg, HalTensorDescriptor &descriptor) {
  descriptor.rank = arg.rank;
  descriptor.dtype = arg.dtype;
  descriptor.contiguous = is_contiguous(arg) ? 1 : 0;
  descriptor.extent = 1;
  for (int i = 0; i < arg.rank; ++i) {
    descriptor.shape[i] = arg.u.tensor.shape[i];
    descriptor.strides[i] = arg.u.tensor.strides[i];
    descriptor.extent += std::uint64_t{arg.u.tensor.shape[i] - 1} * arg.u.tensor.strides[i];
  }
}

// Plain memory is a row of bytes.
void describe_bytes(std::uint64_t size_bytes, HalTensorDescriptor &descriptor) {
  descriptor.rank = 1;
  descriptor.dtype = HAL_DTYPE_U8;
  descriptor.contiguous = 1;
  descriptor.shape[0] = static_cast<std::uint32_t>(size_bytes);
  descriptor.strides[0] = 1;
  descriptor.extent = size_bytes;
}

void write_descriptor(const hal_launch_v1_t &launch, std::uint32_t index, std::byte *slot) {
  HalTensorDescriptor descriptor = {};
  descriptor.address = launch.words[index];
  descriptor.size_bytes = launch.sizes_bytes[index];
  descriptor.owner = kExternalOwner;
  descriptor.space = kDeviceSpace;
  if (launch.args[index].type == HAL_ARG_TENSOR) {
    describe_tensor(launch.args[index], descriptor);
  } else {
    describe_bytes(launch.sizes_bytes[index], descriptor);
  }
  std::memcpy(slot, &descriptor, sizeof descriptor);
}

bool has_descriptor(const hal_arg_t &arg) { return arg.type == HAL_ARG_MEM || arg.type == HAL_ARG_TENSOR; }

// What this backend cannot pass, found before anything is queued.
void check(const hal_launch_v1_t &launch) {
  for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
    const hal_arg_t &arg = launch.args[i];
    if (launch.convention == HAL_CONVENTION_C && arg.type == HAL_ARG_SCALAR &&
        (arg.dtype == HAL_DTYPE_F16 || arg.dtype == HAL_DTYPE_BF16))
      throw plugin::Failure(
          HAL_ERR_UNSUPPORTED,
          "argument " + std::to_string(i) + " is a 16-bit float, which convention C cannot pass on this host",
          "pass a float, or use ARGS_ARRAY");
    if (launch.convention == HAL_CONVENTION_ARGS_DESCRIPTORS && arg.type == HAL_ARG_MEM &&
        launch.sizes_bytes[i] > UINT32_MAX)
      throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT,
                            "argument " + std::to_string(i) + " has " + std::to_string(launch.sizes_bytes[i]) +
                                " bytes; a descriptor's shape holds at most " + std::to_string(UINT32_MAX),
                            "pass it as a TENSOR of a wider type");
  }
}

std::uint8_t form_of(const hal_launch_v1_t &launch, const hal_arg_t &arg) {
  if (arg.type == HAL_ARG_SCALAR) return arg.dtype;
  const bool descriptor = launch.convention == HAL_CONVENTION_ARGS_DESCRIPTORS && has_descriptor(arg);
  return descriptor ? wire::kDescriptorWord : wire::kAddressWord;
}

}  // namespace

std::uint64_t launch(Device &device, Stream &stream, const hal_launch_v1_t &launch) {
  check(launch);
  const auto &kernel = *reinterpret_cast<const Kernel *>(launch.kernel);
  const std::uint64_t timeout_ns = launch.timeout_ns == 0 ? device.options().timeout_ns : launch.timeout_ns;
  return stream.submit([&](wire::Command &command, wire::Descriptors &descriptors) {
    command.kind = wire::CommandKind::kLaunch;
    command.function = kernel.function;
    command.kernel_id = kernel.id;
    command.block_count = launch.block_count;
    command.convention = static_cast<std::uint8_t>(launch.convention);
    command.argument_count = static_cast<std::uint16_t>(launch.arg_count);
    command.timeout_ns = timeout_ns;
    std::copy_n(launch.words, launch.arg_count, command.words);
    for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
      command.forms[i] = form_of(launch, launch.args[i]);
      if (command.forms[i] == wire::kDescriptorWord) write_descriptor(launch, i, descriptors.bytes[i]);
    }
  });
}

}  // namespace hal::sim
