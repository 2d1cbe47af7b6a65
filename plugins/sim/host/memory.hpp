// SPDX-License-Identifier: Apache-2.0
//
// Memory of every kind: whether it is possible, who reaches it, and how it is made.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_HPP_

#include <memory>
#include <optional>
#include <string>

#include "sim/host/device.hpp"
#include "sim/host/window_block.hpp"

namespace hal::sim {

// One allocation or registration. What it holds is given back with it.
struct Allocation : OwnedAllocation {
  hal_mem_kind_t kind = HAL_MEM_UNKNOWN;
  std::uint64_t size_bytes = 0;
  std::string tag;
  std::byte *host = nullptr;
  std::uint64_t device_address = 0;
  std::optional<Arena::Piece> arena;  // DEVICE, DEVICE_MAPPED
  std::optional<WindowBlock> window;  // HOST_MAPPED, HOST_IMPORTED
  Mapping pinned;                     // HOST_PINNED
};

void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps);
std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc);
std::unique_ptr<Allocation> import(Device &device, const hal_mem_desc_t &desc);
void describe(const Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info);

// Gives the range back to its owner. Says what lies there if the range of an import was not the
// device's any more ("" = it was). Throws plugin::Failure, with nothing changed: see detach_range.
std::string detach(Device &device, Allocation &allocation);

// Gives the arena its block. What to say if somebody has written before or behind it.
std::optional<plugin::Failure> release_arena(Device &device, Allocation &allocation);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_HPP_
