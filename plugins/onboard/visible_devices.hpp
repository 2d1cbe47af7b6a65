// SPDX-License-Identifier: Apache-2.0
//
// The vendor's list of devices that a process may see.
#ifndef HAL_PLUGINS_ONBOARD_VISIBLE_DEVICES_HPP_
#define HAL_PLUGINS_ONBOARD_VISIBLE_DEVICES_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hal::onboard {

inline constexpr const char *kVisibleDevices = "ASCEND_RT_VISIBLE_DEVICES";

struct VisibleDevices {
  std::vector<std::uint32_t> devices;  // the driver's numbers; their places are the runtime's ordinals
  std::string rejected;                // the first entry that is none: it and all behind it are hidden
  std::string why;                     // "" = every entry is good
};

// As the vendor's runtime reads the list: numbers that rise, separated by commas and nothing else. count: how many
// devices there are, if that is known.
VisibleDevices parse_visible_devices(std::string_view list, std::optional<std::uint32_t> count);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VISIBLE_DEVICES_HPP_
