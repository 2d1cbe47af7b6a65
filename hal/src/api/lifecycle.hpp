// SPDX-License-Identifier: Apache-2.0
//
// hal_init, hal_shutdown, and the references that keep libhal initialised.
#ifndef HAL_SRC_API_LIFECYCLE_HPP_
#define HAL_SRC_API_LIFECYCLE_HPP_

#include "hal/hal.h"

namespace hal::core {

// Surrounds a public call that finds, loads or asks plugins and holds no handle that hal_shutdown could check. While
// one exists, the last hal_shutdown is BUSY. Once that hal_shutdown has begun, a new one fails.
class PluginCall {
 public:
  PluginCall();
  ~PluginCall();
  PluginCall(const PluginCall &) = delete;
  PluginCall &operator=(const PluginCall &) = delete;
  // HAL_OK, or the failure with which the public call must return.
  hal_status_t status() const noexcept { return status_; }

 private:
  hal_status_t status_;
};

// The functions of hal/share_mem.h ("the pair") hold one hal_init reference for as long as they keep devices open.

// Turns a hal_init reference of the caller into the pair's. If the pair already holds one, drops the caller's.
void keep_reference_for_pair();

// Drops a hal_init reference that the pair made for one call. Unlike hal_shutdown it ends libhal only if no other
// reference is left, the pair's included.
void drop_reference();

// Closes the devices that the pair keeps open. BUSY, with nothing changed, while its allocations exist. If a device is
// open that the pair did not open, it closes nothing, and hal_shutdown reports that device.
hal_status_t close_idle_pair_devices();

}  // namespace hal::core

#endif  // HAL_SRC_API_LIFECYCLE_HPP_
