// SPDX-License-Identifier: Apache-2.0
//
// The call stack of an interrupted thread, read in its signal handler.
#ifndef HAL_PLUGINS_SIM_DEVICE_FRAMES_HPP_
#define HAL_PLUGINS_SIM_DEVICE_FRAMES_HPP_

#include <ucontext.h>

#include "sim/wire/wire.hpp"

namespace hal::sim::device {

std::uint64_t program_counter(const ucontext_t &context) noexcept;
std::uint64_t stack_pointer(const ucontext_t &context) noexcept;

// Reads the interrupted thread's stack. A kernel may have destroyed that stack, so this call may crash or never return.
void capture_frames(const ucontext_t &context, wire::Frames &frames) noexcept;

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_FRAMES_HPP_
