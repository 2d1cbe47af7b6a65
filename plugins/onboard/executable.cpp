// SPDX-License-Identifier: Apache-2.0
#include "onboard/executable.hpp"

#include <utility>

#include "onboard/device.hpp"

namespace hal::onboard {
namespace {

void check_can_load(const VendorApi &api) {
  if (api.load != Load::kNone) return;
  throw plugin::Failure(
      HAL_ERR_UNSUPPORTED,
      "this runtime cannot load kernels (" + describe(api) + "): libhal loads kernels only through the acl family",
      "unset HAL_ONBOARD_API, and install a toolkit that has the acl libraries");
}

void *load_binary(const VendorApi &api, const std::vector<std::byte> &bytes, const std::string &label) {
  const auto values = [&] { return label + ", " + std::to_string(bytes.size()) + " bytes"; };
  void *binary = nullptr;
  if (api.load == Load::kData) {
    check(api, api.binary_load_data, values, bytes.data(), bytes.size(), nullptr, &binary);
    return binary;
  }
  void *description = api.binary_describe(bytes.data(), bytes.size());
  if (description == nullptr) throw vendor_failure(api, "aclrtCreateBinary", values(), kOk, HAL_ERR_OUT_OF_MEMORY);
  const int code = api.binary_load(description, &binary);
  if (code != kOk) {
    plugin::Failure failure = vendor_failure(api, api.binary_load.name, values(), code);
    if (api.binary_forget(description) != kOk) drop_recent_error(api);
    throw failure;
  }
  if (api.binary_forget(description) != kOk) drop_recent_error(api);
  return binary;
}

// The codes for "no such kernel" differ between layers and releases.
bool means_not_found(int code) {
  constexpr int kLookUpError = 507027;
  const hal_status_t status = status_of(code);
  return code == kLookUpError || status == HAL_ERR_NOT_FOUND || status == HAL_ERR_INVALID_ARGUMENT;
}

}  // namespace

Executable::~Executable() {
  if (binary == nullptr || device.api().binary_unload(binary) == kOk) return;
  drop_recent_error(device.api());
  if (!device.lost()) plugin::log(HAL_LOG_WARN, label + " could not be unloaded");
}

std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const std::string &label,
                                 const std::string &backend) {
  device.throw_if_lost();
  check_can_load(device.api());
  auto executable = std::make_unique<Executable>(device);
  executable->label = label;
  executable->bytes.assign(bytes.begin(), bytes.end());
  GElf_Ehdr header = {};
  const plugins::ElfPointer elf = plugins::open_object(executable->bytes, label, header);
  executable->note = plugins::read_kernel_note(elf.get(), label, backend);
  const ContextGuard context = device.enter();
  plugin::fault_point("onboard.object_load");
  executable->binary = load_binary(device.api(), executable->bytes, label);
  return executable;
}

void unload(Executable &executable) {
  Device &device = executable.device;
  const Device::Release context = device.enter_to_release();
  const int code = device.api().binary_unload(executable.binary);
  if (code != kOk && !device.lost())
    throw vendor_failure(device.api(), device.api().binary_unload.name, executable.label, code);
  if (code != kOk) drop_recent_error(device.api());
  executable.binary = nullptr;
}

const Kernel &find_kernel(Executable &executable, const std::string &name) {
  const std::lock_guard lock(executable.mutex);
  if (const auto found = executable.kernels.find(name); found != executable.kernels.end()) return found->second;
  Device &device = executable.device;
  const VendorApi &api = device.api();
  device.throw_if_lost();
  const ContextGuard context = device.enter();
  plugin::fault_point("onboard.kernel_find");
  void *function = nullptr;
  const int code = api.function_find(executable.binary, name.c_str(), &function);
  if (code != kOk)
    throw vendor_failure(api, api.function_find.name, executable.label + ", \"" + name + "\"", code,
                         means_not_found(code) ? HAL_ERR_NOT_FOUND : status_of(code));
  return executable.kernels.emplace(name, Kernel{&executable, std::make_shared<const std::string>(name), function})
      .first->second;
}

}  // namespace hal::onboard
