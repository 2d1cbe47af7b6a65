// SPDX-License-Identifier: Apache-2.0
//
// What the device process does when a kernel goes wrong: write down what happened where the host can read it, and end.
#ifndef HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_
#define HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_

#include <cstdint>
#include <vector>

#include "sim/wire/wire.hpp"

namespace hal::sim::device::fault {

// Installs the handlers for this process. control lives for ever.
void install(wire::Control &control);

// Gives the calling thread a signal stack of its own, so that a stack overflow can be told too, and notes where its
// stack is.
void prepare_thread();

// Records a launch that ran beyond its limit, asks the threads of the workers where they are, and ends the process.
// threads: by the workers' numbers; 0 = there is none.
[[noreturn]] void time_out(const wire::Command &command, std::uint64_t elapsed_ns, const std::vector<int> &threads);

}  // namespace hal::sim::device::fault

#endif  // HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_
