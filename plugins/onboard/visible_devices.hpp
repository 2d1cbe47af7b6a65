// SPDX-License-Identifier: Apache-2.0
//
// The vendor's list of the devices that a process can use.
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
  std::vector<std::uint32_t> devices;  // the driver's numbers; the index is the runtime's ordinal
  std::string rejected;                // the first invalid entry: the runtime hides it and all entries after it
  std::string why;                     // why rejected is invalid; "" = every entry is valid
};

// Reads the list as the vendor's runtime does: numbers in ascending order, separated by single commas. count: the
// number of devices, if known.
VisibleDevices parse_visible_devices(std::string_view list, std::optional<std::uint32_t> count);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_VISIBLE_DEVICES_HPP_
