// SPDX-License-Identifier: Apache-2.0
//
// Sudden death on order (HAL_FAULTS="sim.block_start#3=KILL"): the device process counts, the host keeps the counts.
#ifndef HAL_PLUGINS_SIM_HOST_DEATHS_HPP_
#define HAL_PLUGINS_SIM_HOST_DEATHS_HPP_

#include "sim/wire/wire.hpp"

namespace hal::sim {

// Tells a device process that is to be started what is ordered, and how often the points were passed before it.
void order_deaths(wire::KillPoints &points);
// Remembers how often they were passed in one that has ended.
void note_deaths(const wire::KillPoints &points);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_DEATHS_HPP_
