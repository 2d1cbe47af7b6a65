// SPDX-License-Identifier: Apache-2.0
//
// Reports of what keeps a device or libhal from closing.
#ifndef HAL_SRC_LEAKS_HPP_
#define HAL_SRC_LEAKS_HPP_

namespace hal::core {

class Device;

// One warning for each object of the device, with where it was made. For callers without a lock, since the log may go
// to the application; keeps this thread's failure.
void report_objects(Device &device) noexcept;

// One warning for each open device, and those of its objects.
void report_open_devices() noexcept;

}  // namespace hal::core

#endif  // HAL_SRC_LEAKS_HPP_
