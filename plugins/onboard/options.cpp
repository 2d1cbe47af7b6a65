// SPDX-License-Identifier: Apache-2.0
#include "onboard/options.hpp"

#include <iterator>
#include <string_view>

#include "hal/hal_plugin.hpp"

namespace hal::onboard {
namespace {

constexpr hal_option_v1_t kTable[] = {
    {"ONBOARD", "API", "auto",
     "API family of the vendor's runtime: acl, rt (no kernels), or auto (acl, or rt if there is no acl library).",
     HAL_OPTION_TEXT, 0, 0, 0},
    {"ONBOARD", "LIBRARY_DIR", "",
     "Absolute directory of the vendor's libraries. No other place is searched. Empty = the usual places.",
     HAL_OPTION_PATH, 0, 0, 0},
    {"ONBOARD", "ACCEPT_SOC", "", "Full name of one SoC of the chip's family to use although libhal does not know it.",
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
