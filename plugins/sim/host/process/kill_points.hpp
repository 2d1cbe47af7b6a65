// SPDX-License-Identifier: Apache-2.0
//
// Injected kills of the device process (HAL_FAULTS="sim.block_start#3=KILL"). The device process counts how often each
// point is reached; the host keeps the counts between device processes.
#ifndef HAL_PLUGINS_SIM_HOST_PROCESS_KILL_POINTS_HPP_
#define HAL_PLUGINS_SIM_HOST_PROCESS_KILL_POINTS_HPP_

#include "sim/wire/kill_points.hpp"

namespace hal::sim {

// For a device process that is about to start: sets what HAL_FAULTS asks for, and the counts so far.
void arm_kill_points(wire::KillPoints &points);
// Keeps the counts of a device process that has ended.
void save_kill_counts(const wire::KillPoints &points);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_KILL_POINTS_HPP_
