// SPDX-License-Identifier: Apache-2.0
#include "support/tensor_descriptor.hpp"

#include "hal/hal_plugin.hpp"

namespace hal::plugins {
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

// Memory without a shape is described as a vector of bytes.
void describe_bytes(std::uint64_t size_bytes, HalTensorDescriptor &descriptor) {
  descriptor.rank = 1;
  descriptor.dtype = HAL_DTYPE_U8;
  descriptor.contiguous = 1;
  descriptor.shape[0] = static_cast<std::uint32_t>(size_bytes);
  descriptor.strides[0] = 1;
  descriptor.extent = size_bytes;
}

}  // namespace

HalTensorDescriptor tensor_descriptor(const hal_launch_v1_t &launch, std::uint32_t index) {
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
  return descriptor;
}

void check_descriptors(const hal_launch_v1_t &launch) {
  if (launch.convention != HAL_CONVENTION_ARGS_DESCRIPTORS) return;
  for (std::uint32_t i = 0; i < launch.arg_count; ++i)
    if (launch.args[i].type == HAL_ARG_MEM && launch.sizes_bytes[i] > UINT32_MAX)
      throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT,
                            "argument " + std::to_string(i) + " has " + std::to_string(launch.sizes_bytes[i]) +
                                " bytes; the shape of a descriptor holds at most " + std::to_string(UINT32_MAX),
                            "pass it as a TENSOR of a wider type");
}

}  // namespace hal::plugins
