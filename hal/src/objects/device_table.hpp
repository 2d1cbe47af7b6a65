// SPDX-License-Identifier: Apache-2.0
//
// One device per backend and ordinal. Opens are counted: the first one opens the device, the last close closes it.
#ifndef HAL_SRC_OBJECTS_DEVICE_TABLE_HPP_
#define HAL_SRC_OBJECTS_DEVICE_TABLE_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "objects/device.hpp"

namespace hal::core {

hal_status_t open_device(Plugin &plugin, std::uint32_t ordinal, hal_device_t *handle);
hal_status_t close_device(Pin<Device> &pin);

struct OpenDevice {
  hal_device_t handle;
  std::string name;
  std::uint64_t opens;
};

std::vector<OpenDevice> open_devices();

// Logs one warning for each open device, and one for each of its objects.
void report_open_devices() noexcept;

// If no device is open, refuses further opens; else returns false. The last hal_shutdown stops, hal_init restarts.
bool stop_devices();
void restart_devices();

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_DEVICE_TABLE_HPP_
