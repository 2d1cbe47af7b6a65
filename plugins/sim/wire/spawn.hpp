// SPDX-License-Identifier: Apache-2.0
//
// How the host starts the device process: descriptors at fixed numbers, numbers as arguments.
#ifndef HAL_PLUGINS_SIM_WIRE_SPAWN_HPP_
#define HAL_PLUGINS_SIM_WIRE_SPAWN_HPP_

namespace hal::sim::wire {

inline constexpr int kControlFd = 3;  // memory of wire::Control
inline constexpr int kArenaFd = 4;    // device memory
inline constexpr int kWindowFd = 5;   // memory shared with the host
inline constexpr int kSocketFd = 6;   // requests

// argv[1 …], in hexadecimal: wire version, host's process id, address and size of the arena, of the window; then as
// text the label of what kernels print and the path of the hooks' library. The process answers with one Reply: HAL_OK,
// or what could not be mapped, with errno in value.
inline constexpr int kArgumentCount = 9;

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_SPAWN_HPP_
