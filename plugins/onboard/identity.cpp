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

// The name must be longer than the stem: the stem alone may be the full name of another chip.
bool may_be_accepted(const chips::Chip &chip, const std::string &soc) {
  return std::any_of(chip.soc_stems.begin(), chip.soc_stems.end(),
                     [&](std::string_view stem) { return soc.size() > stem.size() && soc.starts_with(stem); });
}

}  // namespace

std::string soc_objection(const chips::Chip &chip, const std::string &soc, const std::string &accepted) {
  if (soc.empty()) return "the runtime does not report the name of the SoC";
  if (is_known(chip, soc)) return "";
  if (!may_be_accepted(chip, soc)) return "the SoC is \"" + soc + "\", which is not " + std::string(chip.title);
  if (soc == accepted) return "";
  return "the SoC is \"" + soc + "\", which libhal does not know as " + std::string(chip.title) +
         "; set HAL_ONBOARD_ACCEPT_SOC=" + soc + " to use it anyway";
}

std::string arch_objection(const chips::Chip &chip, const std::string &soc, std::int64_t npu_arch) {
  if (npu_arch == chip.npu_arch) return "";
  return "the SoC is \"" + soc + "\", but the device reports architecture " + std::to_string(npu_arch) + "; " +
         std::string(chip.title) + " has architecture " + std::to_string(chip.npu_arch);
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
  drop_recent_error(api);  // releases before 9.1.0 do not have this attribute
  return std::nullopt;
}

}  // namespace hal::onboard
