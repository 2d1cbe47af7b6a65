// SPDX-License-Identifier: Apache-2.0
//
// The memory that is available on the host. Device memory uses none until it is touched. Without this check, an
// allocation beyond the host's memory would succeed, and the system would kill a process later.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_

#include <cstdint>
#include <optional>
#include <string>

namespace hal::sim {

struct AvailableMemory {
  std::uint64_t bytes = 0;
  std::string source;  // "MemAvailable and SwapFree of /proc/meminfo", or the control group with a lower limit
};

// root: as in support/machine.hpp. Nothing: the files do not contain it.
std::optional<AvailableMemory> read_available_memory(const std::string &root);

// Call it before an allocation of size_bytes. untouched_bytes() returns the bytes that the devices of this process have
// allocated and that have no pages yet. Most small allocations read no files. Throws plugin::Failure, OUT_OF_MEMORY.
// Any thread.
void check_host_memory(std::uint64_t size_bytes, std::uint64_t (*untouched_bytes)());

// The check itself. Throws plugin::Failure, OUT_OF_MEMORY.
void check_fits(std::uint64_t size_bytes, std::uint64_t untouched_bytes, const AvailableMemory &available);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_
