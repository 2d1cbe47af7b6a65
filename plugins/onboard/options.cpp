// SPDX-License-Identifier: Apache-2.0
#include "onboard/options.hpp"

#include <iterator>
#include <string_view>

#include "hal/hal_plugin.hpp"

namespace hal::onboard {
namespace {

constexpr hal_option_v1_t kTable[] = {
    {"ONBOARD", "API", "auto",
     "API family of the vendor's runtime: auto (acl; rt only where no acl library is), acl, or rt (no kernels).",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"ONBOARD", "LIBRARY_DIR", "",
     "Absolute directory of the vendor's libraries, the only one to be searched; empty = the usual places.",
     HAL_OPTION_PATH, 0, 0, 0},
    {"ONBOARD", "ACCEPT_SOC", "",
     "Whole name of one SoC, of the chip's family but unknown to its rules, that is to be used all the same.",
     HAL_OPTION_TEXT, 0, 0, 0},
};

constexpr const char *kChoices[] = {"auto|acl|rt", nullptr, nullptr};
static_assert(std::size(kChoices) == std::size(kTable));

// libhal has refused every other text: see kChoices.
FamilyChoice family_of(std::string_view text) {
  if (text == "acl") return FamilyChoice::kAcl;
  return text == "rt" ? FamilyChoice::kRt : FamilyChoice::kAuto;
}

}  // namespace

std::span<const hal_option_v1_t> option_table() { return kTable; }

const char *const *option_choices() { return kChoices; }

Options read_options() { return {family_of(plugin::option_text("API")), plugin::option_text("LIBRARY_DIR")}; }

}  // namespace hal::onboard
