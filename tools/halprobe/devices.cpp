// SPDX-License-Identifier: Apache-2.0
#include <hal/names.h>

#include "library.hpp"

namespace halprobe {
namespace {

struct Named {
  std::uint64_t value;
  const char *name;
};

#define HALPROBE_PROPERTY(constant, upper, lower) {constant, lower},
constexpr Named kProperties[] = {HAL_EACH_PROPERTY(HALPROBE_PROPERTY)};
#undef HALPROBE_PROPERTY

#define HALPROBE_NAMED(constant, upper, lower) {constant, #upper},
constexpr Named kKinds[] = {HAL_EACH_MEM_KIND(HALPROBE_NAMED)};
constexpr Named kEngines[] = {HAL_EACH_ENGINE(HALPROBE_NAMED)};
#undef HALPROBE_NAMED

constexpr std::uint64_t kAskedBytes = std::uint64_t{2} << 20;  // a multiple of every page size

std::vector<std::string> engine_names(hal_engine_mask_t mask) {
  std::vector<std::string> names;
  for (const Named &engine : kEngines)
    if ((mask & engine.value) != 0) names.emplace_back(engine.name);
  return names;
}

Reach ask_reach(hal_device_t device, const Named &kind) {
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof(desc);
  desc.kind = static_cast<hal_mem_kind_t>(kind.value);
  desc.size_bytes = kAskedBytes;
  hal_mem_caps_t caps = {};
  caps.struct_size = sizeof(caps);
  const hal_status_t asked = hal_mem_query(device, &desc, &caps);
  if (asked != HAL_OK) return {kind.name, hal_status_string(asked), {}, {}};
  if (caps.verdict != HAL_OK) return {kind.name, hal_status_string(caps.verdict), {}, {}};
  return {kind.name, "OK", engine_names(caps.can_reach), engine_names(caps.reach_unknown)};
}

class OpenDevice {
 public:
  OpenDevice(hal_backend_t backend, std::uint32_t ordinal) {
    if (hal_device_open(backend, ordinal, &handle_) != HAL_OK) throw LibraryError();
  }
  ~OpenDevice() { (void)hal_device_close(handle_); }
  OpenDevice(const OpenDevice &) = delete;
  OpenDevice &operator=(const OpenDevice &) = delete;
  hal_device_t handle() const noexcept { return handle_; }

 private:
  hal_device_t handle_ = nullptr;
};

Device read_device(hal_backend_t backend, std::uint32_t ordinal) {
  const OpenDevice device(backend, ordinal);
  hal_device_info_t info = {};
  info.struct_size = sizeof(info);
  if (hal_device_info(device.handle(), &info) != HAL_OK) throw LibraryError();
  Device answer;
  answer.ordinal = ordinal;
  answer.name = info.name;
  answer.soc = info.soc;
  answer.executable_format = info.executable_format;
  answer.native_api = info.native_api;
  for (const Named &property : kProperties) {
    std::uint64_t value = 0;
    const bool known = hal_device_query(device.handle(), static_cast<hal_property_t>(property.value), &value) == HAL_OK;
    answer.properties.push_back({property.name, known ? std::optional(value) : std::nullopt});
  }
  for (const Named &kind : kKinds)
    if (kind.value != HAL_MEM_UNKNOWN) answer.memory.push_back(ask_reach(device.handle(), kind));
  return answer;
}

}  // namespace

std::vector<std::string> all_engine_names() { return engine_names(~hal_engine_mask_t{0}); }

std::vector<Device> read_devices(const std::string &name, const DeviceRequest &request) {
  hal_backend_t backend = nullptr;
  if (hal_backend_select(name.c_str(), &backend) != HAL_OK) throw LibraryError();
  std::vector<Device> devices;
  if (request.only) {
    devices.push_back(read_device(backend, *request.only));
    return devices;
  }
  std::uint32_t count = 0;
  if (hal_device_count(backend, &count) != HAL_OK) throw LibraryError();
  for (std::uint32_t ordinal = 0; ordinal < count; ++ordinal) {
    if (request.open) {
      devices.push_back(read_device(backend, ordinal));
      continue;
    }
    Device counted;
    counted.ordinal = ordinal;
    devices.push_back(std::move(counted));
  }
  return devices;
}

}  // namespace halprobe
