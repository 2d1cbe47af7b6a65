// SPDX-License-Identifier: Apache-2.0
//
// Registration: moves host memory of the caller into the shared window and back, at the same host address.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/host/memory/device_memory.hpp"

namespace hal::sim {

// Copies the range into block and maps block over it. Other threads may read the range meanwhile; their writes are
// lost. Throws plugin::Failure if the range is not private anonymous read-write memory; the error says what it is.
void attach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

// Puts private memory with the same bytes back in place, and returns "". If something else is mapped in the range by
// now, changes nothing and returns what it is. Throws plugin::Failure, with nothing changed, if the system has no
// memory.
std::string detach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

// For a block that is released even though detach_range failed: needs no memory for a second copy, but other threads
// see zeros for a moment. False: the window is still mapped in the range.
bool force_detach_range(const WindowBlock &block, std::byte *start, std::uint64_t size_bytes);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_REGISTERED_RANGE_HPP_
