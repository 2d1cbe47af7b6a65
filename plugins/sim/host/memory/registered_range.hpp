// SPDX-License-Identifier: Apache-2.0
//
// Host memory of the caller's, put into the shared window and back, at the same host address.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/host/memory/window_block.hpp"

namespace hal::sim {

// Copies the range into block and maps block over it. Readers meanwhile are safe; writers lose updates. Throws
// plugin::Failure: the range is not private anonymous read-write memory, with what it is.
void attach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

// Puts plain private memory with the same bytes back in place. If the range is no longer the block's, its present owner
// is left alone and the answer says what lies there; "" = all is well. Throws plugin::Failure, with nothing changed:
// the system has no memory for it.
std::string detach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

// After detach_range could not, when the block goes all the same: the same without a copy aside, so that other threads
// see zeros for a moment. False: the range still shows the window.
bool force_detach_range(const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_
