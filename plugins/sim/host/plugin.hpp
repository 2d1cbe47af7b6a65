// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SIM_HOST_PLUGIN_HPP_
#define HAL_PLUGINS_SIM_HOST_PLUGIN_HPP_

#include "chips/chip.hpp"
#include "hal/hal_plugin.h"

namespace hal::sim {

// The entry function of a simulator plugin. name and chip must stay valid until the process ends.
hal_status_t enter(const char *name, const chips::Chip &chip, const hal_host_v1_t *host, hal_plugin_v1_t *inout);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PLUGIN_HPP_
