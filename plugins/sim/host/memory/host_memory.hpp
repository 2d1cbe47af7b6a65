// SPDX-License-Identifier: Apache-2.0
//
// What the machine can still give. Device memory costs nothing until it is touched, so an allocation that the machine
// has no memory for would succeed, and the system would end some process later.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_

#include <cstdint>
#include <optional>
#include <string>

namespace hal::sim {

struct MachineRoom {
  std::uint64_t bytes = 0;
  std::string source;  // "MemAvailable and SwapFree of /proc/meminfo", or the group whose limit is nearer
};

// root: where the machine's files are, "" for this one. Nothing: they do not tell.
std::optional<MachineRoom> read_machine_room(const std::string &root);

// Called before an allocation of size_bytes. untouched_bytes() gives what this process's devices have handed out and
// nobody has touched yet. The machine is asked only now and then, so small allocations cost nothing. Throws
// plugin::Failure, OUT_OF_MEMORY. Any thread.
void check_machine_room(std::uint64_t size_bytes, std::uint64_t (*untouched_bytes)());

// The decision. Throws plugin::Failure, OUT_OF_MEMORY.
void check_room(std::uint64_t size_bytes, std::uint64_t untouched_bytes, const MachineRoom &room);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_HOST_MEMORY_HPP_
