// SPDX-License-Identifier: Apache-2.0
//
// One device per (backend, ordinal): opens are counted, and the first one waits for nobody but does the work.
#ifndef HAL_SRC_DEVICE_TABLE_HPP_
#define HAL_SRC_DEVICE_TABLE_HPP_

#include <cstdint>
#include <string>
#include <vector>

#include "device.hpp"

namespace hal::core {

hal_status_t open_device(Plugin &plugin, std::uint32_t ordinal, hal_device_t *handle);
hal_status_t close_device(Pin<Device> &pin);

struct OpenDevice {
  hal_device_t handle;
  std::string name;
  std::uint64_t opens;
};

std::vector<OpenDevice> open_devices();

// Refuses further opens if no device is open; else false. For the last hal_shutdown, and for hal_init to undo.
bool stop_devices();
void restart_devices();

}  // namespace hal::core

#endif  // HAL_SRC_DEVICE_TABLE_HPP_
