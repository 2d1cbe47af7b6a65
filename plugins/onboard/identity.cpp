// SPDX-License-Identifier: Apache-2.0
#include "onboard/identity.hpp"

#include <algorithm>
#include <regex>

#include "onboard/vendor_error.hpp"

namespace hal::onboard {
namespace {

bool is_known(const chips::Chip &chip, const std::string &soc) {
  return std::any_of(chip.soc_rules.begin(), chip.soc_rules.end(),
                     [&](const char *rule) { return std::regex_match(soc, std::regex(rule)); });
}

// Longer than the stem: a stem alone may be the whole name of another chip.
bool may_be_accepted(const chips::Chip &chip, const std::string &soc) {
  return std::any_of(chip.soc_stems.begin(), chip.soc_stems.end(),
                     [&](std::string_view stem) { return soc.size() > stem.size() && soc.starts_with(stem); });
}

}  // namespace

std::string soc_objection(const chips::Chip &chip, const std::string &soc, const std::string &accepted) {
  if (soc.empty()) return "the runtime does not tell the name of the SoC";
  if (is_known(chip, soc)) return "";
  if (!may_be_accepted(chip, soc)) return "the SoC is \"" + soc + "\", which is not " + std::string(chip.title);
  if (soc == accepted) return "";
  return "the SoC is \"" + soc + "\", which libhal does not know as " + std::string(chip.title) +
         "; HAL_ONBOARD_ACCEPT_SOC=" + soc + " uses it all the same";
}

std::string arch_objection(const chips::Chip &chip, const std::string &soc, std::int64_t npu_arch) {
  if (npu_arch == chip.npu_arch) return "";
  return "the SoC is \"" + soc + "\", but the device says that its architecture is " + std::to_string(npu_arch) +
         ", and " + std::string(chip.title) + " is " + std::to_string(chip.npu_arch);
}

std::string read_soc(const VendorApi &api) {
  std::string name;
  if (api.soc_name(&name) == kOk) return name;
  drop_recent_error(api);
  return "";
}

std::optional<std::int64_t> read_arch(const VendorApi &api, std::uint32_t ordinal) {
  std::int64_t arch = 0;
  if (!api.device_attribute) return std::nullopt;
  if (api.device_attribute(ordinal, kAttributeNpuArch, &arch) == kOk) return arch;
  drop_recent_error(api);  // before 9.1.0 the attribute is unknown
  return std::nullopt;
}

}  // namespace hal::onboard
