// SPDX-License-Identifier: Apache-2.0
#include "onboard/launch.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "onboard/device.hpp"
#include "onboard/timeout.hpp"

namespace hal::onboard {
namespace {

bool needs_descriptors(const hal_launch_v1_t &launch) {
  return launch.convention == HAL_CONVENTION_ARGS_DESCRIPTORS &&
         std::any_of(launch.args, launch.args + launch.arg_count, plugins::has_descriptor);
}

bool has_time_limit(const hal_launch_v1_t &launch) {
  return launch.timeout_ns != 0 && launch.timeout_ns != HAL_TIMEOUT_FOREVER;
}

// Refuses what this runtime or this kernel object cannot do, before anything is queued.
void check_launch(const Device &device, const Kernel &kernel, const hal_launch_v1_t &launch) {
  const VendorApi &api = device.api();
  const auto refuse = [](const std::string &why, const char *hint) {
    throw plugin::Failure(HAL_ERR_UNSUPPORTED, why, hint);
  };
  if (api.launch_style == LaunchStyle::kNone)
    refuse("this runtime has no launch call that libhal knows (" + describe(api) + ")",
           "install toolkit 8.1.RC1 or newer, and leave HAL_ONBOARD_API unset");
  if (launch.engine == HAL_ENGINE_AICPU) refuse("this plugin cannot launch kernels on AICPU", "launch on AIC or AIV");
  if (launch.convention != HAL_CONVENTION_C && !kernel.executable->note.found)
    refuse(kernel.executable->label + " was not built with hal/kernel.h: its kernel \"" + *kernel.name +
               "\" does not take the address of the argument words (only the task runtime's executor can run a "
               "kernel_entry)",
           "build it with HAL_KERNEL and hal_add_kernel, or use HAL_CONVENTION_C for a plain __global__ function");
  if (api.launch_style == LaunchStyle::kHostArgs) return;
  if (needs_descriptors(launch))
    refuse("launches through argument handles (releases before 8.5.0) cannot carry tensor descriptors",
           "use HAL_CONVENTION_ARGS_ARRAY, or toolkit 8.5.0 or newer");
  if (has_time_limit(launch))
    refuse("launches through argument handles (releases before 8.5.0) cannot have a time limit",
           "leave timeout_ns 0, or use toolkit 8.5.0 or newer");
}

// The caller keeps this on its stack until the launch call returns.
struct Configuration {
  LaunchAttribute attribute = {};
  LaunchConfig config = {};

  LaunchConfig *set_time_limit(std::uint64_t timeout_ns) {
    const std::uint64_t us = launch_us(timeout_ns);
    attribute.id = kLaunchTimeoutUs;
    attribute.value[0] = static_cast<std::uint32_t>(us);
    attribute.value[1] = static_cast<std::uint32_t>(us >> 32);
    config = {&attribute, 1};
    return &config;
  }
};

std::string values_of(const Kernel &kernel, const hal_launch_v1_t &launch) {
  return *kernel.name + " of " + kernel.executable->label + ", " + std::to_string(launch.block_count) + " blocks, " +
         std::to_string(launch.arg_count) + " arguments";
}

void launch_packed(const VendorApi &api, const Kernel &kernel, const hal_launch_v1_t &launch, void *stream) {
  HostArguments arguments(launch);
  Configuration configuration;
  LaunchConfig *config = has_time_limit(launch) ? configuration.set_time_limit(launch.timeout_ns) : nullptr;
  check(
      api, api.launch_host_args, [&] { return values_of(kernel, launch); }, kernel.function, launch.block_count, stream,
      config, arguments.data(), arguments.size(), arguments.place_holders(), arguments.place_holder_count());
}

// C convention: each word is a parameter. Otherwise a place holder points to the words.
void append_arguments(const VendorApi &api, const hal_launch_v1_t &launch, void *arguments) {
  const auto values = [] { return std::string("launch arguments"); };
  void *parameter = nullptr;
  if (launch.convention == HAL_CONVENTION_C) {
    for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
      std::uint64_t word = launch.words[i];
      check(api, api.arguments_append, values, arguments, &word, sizeof word, &parameter);
    }
    return;
  }
  void *buffer = nullptr;
  check(api, api.arguments_append_place_holder, values, arguments, &parameter);
  check(api, api.arguments_buffer, values, arguments, parameter, HostArguments::kWordsBytes, &buffer);
  if (buffer == nullptr)
    throw plugin::Failure(HAL_ERR_INTERNAL, std::string(api.arguments_buffer.name) + " succeeded without a buffer",
                          "report this to the vendor", 0, api.family);
  std::memset(buffer, 0, HostArguments::kWordsBytes);
  std::memcpy(buffer, launch.words, launch.arg_count * sizeof(std::uint64_t));
}

void launch_by_handle(const VendorApi &api, const Kernel &kernel, const hal_launch_v1_t &launch, void *stream) {
  const auto values = [&] { return values_of(kernel, launch); };
  void *arguments = nullptr;
  check(api, api.arguments_begin, values, kernel.function, &arguments);
  append_arguments(api, launch, arguments);
  check(api, api.arguments_end, values, arguments);
  check(api, api.launch_handle, values, kernel.function, launch.block_count, stream, nullptr, arguments, nullptr);
}

}  // namespace

HostArguments::HostArguments(const hal_launch_v1_t &launch) {
  if (launch.convention == HAL_CONVENTION_C) {
    size_ = std::max<std::size_t>(launch.arg_count, 1) * sizeof(std::uint64_t);  // the vendor does not accept size 0
    std::memset(bytes_.data(), 0, sizeof(std::uint64_t));
    std::memcpy(bytes_.data(), launch.words, launch.arg_count * sizeof(std::uint64_t));
    return;
  }
  put_words(launch);
  if (launch.convention == HAL_CONVENTION_ARGS_DESCRIPTORS) put_descriptors(launch);
}

void HostArguments::add_place_holder(std::size_t address_offset, std::size_t data_offset) {
  place_holders_[place_holder_count_++] = {static_cast<std::uint32_t>(address_offset),
                                           static_cast<std::uint32_t>(data_offset)};
}

void HostArguments::put_words(const hal_launch_v1_t &launch) {
  std::memset(bytes_.data(), 0, kDescriptorsOffset);
  std::memcpy(bytes_.data() + kWordsOffset, launch.words, launch.arg_count * sizeof(std::uint64_t));
  add_place_holder(0, kWordsOffset);
  size_ = kDescriptorsOffset;
}

void HostArguments::put_descriptors(const hal_launch_v1_t &launch) {
  for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
    if (!plugins::has_descriptor(launch.args[i])) continue;
    if (place_holder_count_ > kMaxDescriptors)
      throw plugin::Failure(HAL_ERR_UNSUPPORTED,
                            "argument " + std::to_string(i) + " exceeds the limit of " +
                                std::to_string(kMaxDescriptors) + " tensor descriptors for one launch",
                            "use HAL_CONVENTION_ARGS_ARRAY, or fewer tensors");
    const HalTensorDescriptor descriptor = plugins::tensor_descriptor(launch, i);
    std::memcpy(bytes_.data() + size_, &descriptor, sizeof descriptor);
    add_place_holder(kWordsOffset + i * sizeof(std::uint64_t), size_);
    size_ += sizeof descriptor;
  }
}

std::uint64_t launch(Device &device, Stream &stream, const hal_launch_v1_t &launch) {
  const auto &kernel = *reinterpret_cast<const Kernel *>(launch.kernel);
  plugins::check_descriptors(launch);
  check_launch(device, kernel, launch);
  const ContextGuard context = device.enter();
  const VendorApi &api = device.api();
  return stream.submit(device.mark_launch(kernel.name), [&](void *handle) {
    if (api.launch_style == LaunchStyle::kHostArgs)
      launch_packed(api, kernel, launch, handle);
    else
      launch_by_handle(api, kernel, launch, handle);
  });
}

}  // namespace hal::onboard
