// SPDX-License-Identifier: Apache-2.0
//
// The pair of share_mem.h: a client of hal.h that keeps devices open.
#ifndef HAL_SRC_SHARE_MEM_HPP_
#define HAL_SRC_SHARE_MEM_HPP_

#include "hal/share_mem.h"

namespace hal::core {

// Closes the devices that the pair keeps open. BUSY, with nothing changed, while allocations of it live or devices are
// open that the pair did not open.
hal_status_t close_idle_pair_devices();

}  // namespace hal::core

#endif  // HAL_SRC_SHARE_MEM_HPP_
