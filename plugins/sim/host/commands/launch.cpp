// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "sim/host/commands/stream.hpp"
#include "sim/host/kernels/executable.hpp"
#include "support/tensor_descriptor.hpp"

namespace hal::sim {
namespace {

// Throws for arguments that this backend cannot pass, before anything is queued.
void check(const hal_launch_v1_t &launch) {
  plugins::check_descriptors(launch);
  for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
    const hal_arg_t &arg = launch.args[i];
    if (launch.convention == HAL_CONVENTION_C && arg.type == HAL_ARG_SCALAR &&
        (arg.dtype == HAL_DTYPE_F16 || arg.dtype == HAL_DTYPE_BF16))
      throw plugin::Failure(
          HAL_ERR_UNSUPPORTED,
          "argument " + std::to_string(i) + " is a 16-bit float, which convention C cannot pass on this host",
          "pass a float, or use ARGS_ARRAY");
  }
}

// Host compilers have no bfloat16. The tile library silently uses float16 instead.
void warn_of_bf16(const hal_launch_v1_t &launch, const Kernel &kernel) {
  if (!kernel.executable->object.uses_tile_library) [[likely]]
    return;
  const auto *last = launch.args + launch.arg_count;
  const auto *arg = std::find_if(launch.args, last, [](const hal_arg_t &argument) {
    return argument.dtype == HAL_DTYPE_BF16 && (argument.type == HAL_ARG_TENSOR || argument.type == HAL_ARG_SCALAR);
  });
  if (arg == last || kernel.executable->warned_of_bf16.exchange(true)) return;
  plugin::log(
      HAL_LOG_WARN,
      "argument " + std::to_string(arg - launch.args) + " of kernel " + kernel.name + " of " +
          kernel.executable->code.label +
          " is bfloat16, but the tile library computes with float16 in an object for the simulators: results will be "
          "wrong; use float32 or float16 here");
}

std::uint8_t form_of(const hal_launch_v1_t &launch, const hal_arg_t &arg) {
  if (arg.type == HAL_ARG_SCALAR) return arg.dtype;
  const bool descriptor = launch.convention == HAL_CONVENTION_ARGS_DESCRIPTORS && plugins::has_descriptor(arg);
  return descriptor ? wire::kDescriptorWord : wire::kAddressWord;
}

}  // namespace

std::uint64_t Stream::launch(const hal_launch_v1_t &launch) {
  check(launch);
  const auto &kernel = *reinterpret_cast<const Kernel *>(launch.kernel);
  warn_of_bf16(launch, kernel);
  const std::uint64_t timeout_ns = launch.timeout_ns == 0 ? ring_.default_timeout_ns() : launch.timeout_ns;
  const auto write = [&](wire::Command &command, wire::Descriptors &descriptors) {
    command.kind = wire::CommandKind::kLaunch;
    command.function = kernel.function;
    command.kernel_id = kernel.id;
    command.block_count = launch.block_count;
    command.convention = static_cast<std::uint8_t>(launch.convention);
    command.argument_count = static_cast<std::uint8_t>(launch.arg_count);
    command.engine = static_cast<std::uint8_t>(launch.engine);
    command.timeout_ns = timeout_ns;
    std::copy_n(launch.words, launch.arg_count, command.words);
    for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
      command.forms[i] = form_of(launch, launch.args[i]);
      if (command.forms[i] == wire::kDescriptorWord) {
        const HalTensorDescriptor descriptor = plugins::tensor_descriptor(launch, i);
        std::memcpy(descriptors.bytes[i], &descriptor, sizeof descriptor);
      }
    }
  };
  const bool is_long = ring_.is_long(kernel.id, launch.block_count);
  const std::lock_guard lock(mutex_);
  return push(write, is_long);
}

}  // namespace hal::sim
