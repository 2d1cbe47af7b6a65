// SPDX-License-Identifier: Apache-2.0
#include "onboard/probe.hpp"

#include "onboard/identity.hpp"
#include "onboard/vendor_error.hpp"

namespace hal::onboard {
namespace {

constexpr const char *kDeviceHint =
    "run npu-smi info to list the devices; in a container, map /dev/davinci*, /dev/davinci_manager, /dev/devmm_svm and "
    "/dev/hisi_hdc; add the user to the driver's group (HwHiAiUser); check ASCEND_RT_VISIBLE_DEVICES";

std::string with(const VendorApi &api) { return " (" + describe(api) + ")"; }

Obstacle obstacle_of_count(const VendorApi &api, int code) {
  const plugin::Failure failure = vendor_failure(api, api.device_count.name, "", code);
  const bool no_device = code == kNoDevice || code == kNoPermission;
  return {no_device ? "no_device" : "driver_missing", failure.what() + with(api), kDeviceHint};
}

// The runtime reports the SoC's name only after it was started.
std::optional<Obstacle> obstacle_of_soc(const chips::Chip &chip, std::uint32_t count) {
  const StartedRuntime runtime;
  const VendorApi &api = runtime.api();
  const std::string soc = read_soc(api);
  std::string objection = soc_objection(chip, soc, plugin::option_text("ACCEPT_SOC"));
  for (std::uint32_t ordinal = 0; objection.empty() && ordinal < count; ++ordinal)
    if (const auto arch = read_arch(api, ordinal)) objection = arch_objection(chip, soc, *arch);
  if (objection.empty()) return std::nullopt;
  return Obstacle{"wrong_soc", objection + with(api),
                  "use the backend for that chip; run halprobe to list the backends"};
}

}  // namespace

std::optional<Obstacle> find_obstacle(const chips::Chip &chip) {
  Runtime &runtime = Runtime::instance();
  if (std::optional<Obstacle> obstacle = runtime.open()) return obstacle;
  const VendorApi &api = runtime.api();
  std::uint32_t count = 0;
  if (const int code = api.device_count(&count); code != kOk) return obstacle_of_count(api, code);
  if (count == 0) return Obstacle{"no_device", "the vendor's runtime reports no device" + with(api), kDeviceHint};
  try {
    return obstacle_of_soc(chip, count);
  } catch (const plugin::Failure &failure) {
    if (failure.status() != HAL_ERR_UNAVAILABLE) throw;
    return Obstacle{"driver_missing", failure.what() + with(api), kDeviceHint};
  }
}

RuntimeReport report_runtime() {
  Runtime &runtime = Runtime::instance();
  RuntimeReport report;
  if (const std::optional<Obstacle> obstacle = runtime.open()) {
    report.detail = obstacle->detail;
    report.hint = obstacle->hint;
    return report;
  }
  const VendorApi &api = runtime.api();
  report.open = true;
  report.detail = describe(api);
  report.facts = {{"family", api.family}, {"library", api.library}, {"version", api.version}};
  report.missing = api.missing;
  return report;
}

}  // namespace hal::onboard
