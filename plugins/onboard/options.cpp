// SPDX-License-Identifier: Apache-2.0
#include "onboard/options.hpp"

#include "hal/hal_plugin.hpp"

namespace hal::onboard {
namespace {

constexpr hal_option_v1_t kTable[] = {
    {"ONBOARD", "API", "auto",
     "API family of the vendor's runtime: auto (acl; rt only where no acl library is), acl, or rt (no kernels).",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"ONBOARD", "LIBRARY_DIR", "",
     "Absolute directory of the vendor's libraries, the only one to be searched; empty = the usual places.",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"ONBOARD", "ACCEPT_SOC", "",
     "Whole name of one SoC, of the chip's family but unknown to its rules, that is to be used all the same.",
     HAL_OPTION_TEXT, 0, 0, 0},
};

FamilyChoice parse_family(const std::string &text) {
  if (text == "auto") return FamilyChoice::kAuto;
  if (text == "acl") return FamilyChoice::kAcl;
  if (text == "rt") return FamilyChoice::kRt;
  throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, "HAL_ONBOARD_API is \"" + text + "\"; allowed is auto, acl or rt",
                        "correct or unset HAL_ONBOARD_API");
}

}  // namespace

std::span<const hal_option_v1_t> option_table() { return kTable; }

Options read_options() {
  Options options;
  options.family = parse_family(plugin::option_text("API"));
  options.library_dir = plugin::option_text("LIBRARY_DIR");
  if (!options.library_dir.empty() && options.library_dir.front() != '/')
    throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT,
                          "HAL_ONBOARD_LIBRARY_DIR is \"" + options.library_dir + "\", which is not absolute",
                          "give the absolute directory that has libascendcl.so, or unset it");
  return options;
}

}  // namespace hal::onboard
