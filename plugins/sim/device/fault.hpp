// SPDX-License-Identifier: Apache-2.0
//
// Kernel faults and kernel timeouts. The device process records what happened in shared memory, and then ends.
#ifndef HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_
#define HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_

#include <cstdint>
#include <vector>

#include "sim/device/window_access.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device::fault {

// Installs the handlers of this process. Both must stay valid until the process ends.
void install(wire::Control &control, WindowAccess &window);

// Gives the calling thread a signal stack, so that a stack overflow can be recorded too, and stores the range of the
// thread's stack.
void prepare_thread();

// Records a launch that exceeded its time limit, asks each worker for the block that it runs, and ends the process.
// threads: the workers' thread ids in the order of their indices; 0: no thread.
[[noreturn]] void time_out(const wire::Command &command, std::uint64_t elapsed_ns, const std::vector<int> &threads);

}  // namespace hal::sim::device::fault

#endif  // HAL_PLUGINS_SIM_DEVICE_FAULT_HPP_
