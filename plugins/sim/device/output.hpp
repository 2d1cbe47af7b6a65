// SPDX-License-Identifier: Apache-2.0
//
// What kernels print in the device process. It appears as whole lines on the host's stderr, each with a label of
// backend, device and block. With HAL_SIM_PROCESS=0 kernels use the streams of the host process directly.
#ifndef HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_
#define HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_

namespace hal::sim::device::output {

// The longest line with its label and newline, which a pipe takes in one write. A longer line is written in parts, each
// of which is a line.
inline constexpr int kMaxLineBytes = 4096;

// Replaces stdout and stderr. Call it once, before another thread prints. label must stay valid.
void install(const char *label);

// Writes what the calling thread has printed since its last newline as a line.
void end_line() noexcept;

// Does the same for every thread before the process ends. Waits at most 100 ms for a reader of stderr.
// Async-signal-safe.
void end_all_lines() noexcept;

}  // namespace hal::sim::device::output

#endif  // HAL_PLUGINS_SIM_DEVICE_OUTPUT_HPP_
