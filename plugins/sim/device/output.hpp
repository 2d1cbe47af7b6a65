// SPDX-License-Identifier: Apache-2.0
//
// What kernels print in the device process: whole lines on the host's stderr, each with backend, device and block in
// front. Only the device process has this; on threads of the host, output is the host's own.
#ifndef HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_
#define HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_

namespace hal::sim::device::output {

// Longest line with its label and newline: what a pipe takes as a whole. A longer one is written in parts, each a line.
inline constexpr int kMaxLineBytes = 4096;

// Puts streams of ours in place of stdout and stderr; called once, before any other thread prints. label stays valid.
void install(const char *label);

// Writes what the calling thread has printed since its last newline, as a line.
void end_line() noexcept;

// The same for every thread, when the process is about to end: async-signal-safe, and waits for a reader of stderr for
// a moment at most.
void end_all_lines() noexcept;

}  // namespace hal::sim::device::output

#endif  // HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_
