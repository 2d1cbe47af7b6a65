// SPDX-License-Identifier: Apache-2.0
//
// Putting a device back to its first state.
#ifndef HAL_SRC_DEVICE_RESET_HPP_
#define HAL_SRC_DEVICE_RESET_HPP_

#include "device.hpp"

namespace hal::core {

// BUSY, with nothing changed, while another thread is inside a call on the device or an object of it.
hal_status_t reset_device(Pin<Device> &pin);

}  // namespace hal::core

#endif  // HAL_SRC_DEVICE_RESET_HPP_
