// SPDX-License-Identifier: Apache-2.0
//
// HAL_ONBOARD_*: options of the vendor's runtime. Both onboard plugins declare the same options and so open the same
// runtime.
#ifndef HAL_PLUGINS_ONBOARD_OPTIONS_HPP_
#define HAL_PLUGINS_ONBOARD_OPTIONS_HPP_

#include <span>
#include <string>

#include "hal/hal_plugin.h"

namespace hal::onboard {

enum class FamilyChoice { kAuto, kAcl, kRt };

struct Options {
  FamilyChoice family = FamilyChoice::kAuto;
  std::string library_dir;  // "" = search
};

std::span<const hal_option_v1_t> option_table();

// hal_plugin_v1_t::option_choices of the table.
const char *const *option_choices();

// The values of the options. libhal has checked them.
Options read_options();

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_OPTIONS_HPP_
