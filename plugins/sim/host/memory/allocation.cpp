// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/allocation.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "hal/names.h"
#include "sim/host/memory/host_memory.hpp"
#include "sim/host/memory/registered_range.hpp"

namespace hal::sim {
namespace {

constexpr hal_engine_mask_t kDeviceEngines = HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU | HAL_ENGINE_SDMA;
constexpr hal_engine_mask_t kCoresAndHost = HAL_ENGINE_HOST | HAL_ENGINE_AIC | HAL_ENGINE_AIV;
constexpr std::uint64_t kArenaAlignment = 64;
constexpr std::uint64_t kMaxArenaAlignment = chips::kGiB;

// The properties of one kind of memory on this chip. can_reach is 0 if the chip lacks this kind.
struct KindRules {
  hal_engine_mask_t can_reach;
  hal_mem_flags_t flags;
  std::uint64_t alignment_bytes;
  std::uint64_t granularity_bytes;
  std::uint64_t max_alignment_bytes;
};

KindRules rules_of(const DeviceMemory &memory, hal_mem_kind_t kind) {
  const std::uint64_t page = page_bytes();
  switch (kind) {
    case HAL_MEM_DEVICE:
      return {kDeviceEngines, 0, kArenaAlignment, 1, kMaxArenaAlignment};
    case HAL_MEM_DEVICE_MAPPED:
      if (!memory.chip().device_memory_mapped_for_host) return {};
      return {kDeviceEngines | HAL_ENGINE_HOST, HAL_MEM_COHERENT, kArenaAlignment, 1, page};
    case HAL_MEM_HOST_PINNED:
      return {HAL_ENGINE_HOST, 0, page, 1, page};
    case HAL_MEM_HOST_MAPPED:
      return {kCoresAndHost, HAL_MEM_COHERENT, page, 1, page};
    case HAL_MEM_HOST_IMPORTED:
      return {kCoresAndHost, HAL_MEM_COHERENT, page, page, page};
    default:
      return {};
  }
}

std::string names_of(hal_engine_mask_t engines) {
  std::string text;
#define HAL_APPEND_ENGINE(engine, upper, lower) \
  if ((engines & (engine)) != 0) text += (text.empty() ? "" : "|") + std::string(#upper);
  HAL_EACH_ENGINE(HAL_APPEND_ENGINE)
#undef HAL_APPEND_ENGINE
  return text;
}

bool in_arena(hal_mem_kind_t kind) { return kind == HAL_MEM_DEVICE || kind == HAL_MEM_DEVICE_MAPPED; }
bool in_window(hal_mem_kind_t kind) { return kind == HAL_MEM_HOST_MAPPED || kind == HAL_MEM_HOST_IMPORTED; }

template <typename Space>
[[noreturn]] void throw_full(const char *what, const Space &space, std::uint64_t size, const char *option) {
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        std::to_string(size) + " bytes of " + what +
                            " do not fit: " + std::to_string(space.free_bytes()) + " of " +
                            std::to_string(space.capacity_bytes()) + " bytes are free",
                        std::string("free memory, allocate less, or raise ") + option);
}

// Checks everything that does not depend on free memory.
void check(const DeviceMemory &memory, const hal_mem_desc_t &desc, const KindRules &rules) {
  if (rules.can_reach == 0)
    throw plugin::Failure(
        HAL_ERR_UNSUPPORTED,
        std::string(memory.chip().title) + " has no memory of kind " + hal_name_of_mem_kind(desc.kind),
        "call hal_mem_query to find the kinds that the device has");
  if (const hal_engine_mask_t missing = desc.must_reach & ~rules.can_reach; missing != 0)
    throw plugin::Failure(
        HAL_ERR_UNSUPPORTED,
        names_of(missing) + " cannot reach memory of kind " + hal_name_of_mem_kind(desc.kind) + "; must_reach is " +
            names_of(desc.must_reach),
        "use another kind, or remove these engines from must_reach (hal_mem_query lists the engines)");
  if (desc.alignment_bytes > rules.max_alignment_bytes)
    throw plugin::Failure(HAL_ERR_UNSUPPORTED,
                          "alignment " + std::to_string(desc.alignment_bytes) + " is above " +
                              std::to_string(rules.max_alignment_bytes) + ", the limit for memory of kind " +
                              hal_name_of_mem_kind(desc.kind),
                          "use a smaller alignment");
}

void check_free(DeviceMemory &memory, const hal_mem_desc_t &desc) {
  if (in_arena(desc.kind) && !memory.arena().would_fit(desc.size_bytes, desc.alignment_bytes))
    throw_full("device memory", memory.arena(), desc.size_bytes, "HAL_SIM_MEMORY");
  if (in_window(desc.kind) && !memory.window().would_fit(desc.size_bytes))
    throw_full("mapped memory", memory.window(), desc.size_bytes, "HAL_SIM_MAPPED_MEMORY");
}

void allocate_in_arena(DeviceMemory &memory, const hal_mem_desc_t &desc, Allocation &allocation) {
  if (desc.size_bytes <= memory.arena().capacity_bytes())
    check_host_memory(desc.size_bytes, DeviceMemory::untouched_bytes_of_all);
  plugin::fault_point("sim.arena_alloc");
  allocation.arena = memory.arena().allocate(desc, hal_name_of_mem_kind(desc.kind));
  if (!allocation.arena) throw_full("device memory", memory.arena(), desc.size_bytes, "HAL_SIM_MEMORY");
  allocation.device_address = memory.arena().address(allocation.arena->block.offset);
  if (desc.kind == HAL_MEM_DEVICE_MAPPED) allocation.host = memory.arena().view(allocation.arena->block.offset);
}

void allocate_pinned(const hal_mem_desc_t &desc, Allocation &allocation) {
  check_host_memory(desc.size_bytes, DeviceMemory::untouched_bytes_of_all);
  plugin::fault_point("sim.pinned_map");
  void *data = MAP_FAILED;
  if (desc.size_bytes <= INT64_MAX)
    data = mmap(nullptr, desc.size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                          "the system refused " + std::to_string(desc.size_bytes) + " bytes of pinned host memory",
                          "free memory or allocate less", ENOMEM, "errno");
  allocation.pinned = Mapping(static_cast<std::byte *>(data), desc.size_bytes);
  allocation.host = allocation.pinned.data();
}

}  // namespace

const char *hal_name_of_mem_kind(hal_mem_kind_t kind) {
  switch (kind) {
    case HAL_MEM_DEVICE:
      return "DEVICE";
    case HAL_MEM_DEVICE_MAPPED:
      return "DEVICE_MAPPED";
    case HAL_MEM_HOST_PINNED:
      return "HOST_PINNED";
    case HAL_MEM_HOST_MAPPED:
      return "HOST_MAPPED";
    case HAL_MEM_HOST_IMPORTED:
      return "HOST_IMPORTED";
    default:
      return "unknown";
  }
}

void query_memory(DeviceMemory &memory, const hal_mem_desc_t &desc, hal_mem_caps_t &caps) {
  const KindRules rules = rules_of(memory, desc.kind);
  caps.can_reach = rules.can_reach;
  caps.flags = rules.flags;
  caps.alignment_bytes = rules.alignment_bytes;
  caps.granularity_bytes = rules.granularity_bytes;
  caps.max_bytes = in_arena(desc.kind)    ? memory.arena().capacity_bytes()
                   : in_window(desc.kind) ? memory.window().capacity_bytes()
                                          : 0;
  try {
    check(memory, desc, rules);
    check_free(memory, desc);
    caps.verdict = HAL_OK;
  } catch (const plugin::Failure &failure) {
    caps.verdict = failure.status();
  }
}

std::unique_ptr<Allocation> allocate(DeviceMemory &memory, const hal_mem_desc_t &desc) {
  check(memory, desc, rules_of(memory, desc.kind));
  auto allocation = std::make_unique<Allocation>();
  allocation->kind = desc.kind;
  allocation->size_bytes = desc.size_bytes;
  if (desc.tag != nullptr) allocation->tag = desc.tag;
  if (in_arena(desc.kind)) {
    allocate_in_arena(memory, desc, *allocation);
  } else if (desc.kind == HAL_MEM_HOST_PINNED) {
    allocate_pinned(desc, *allocation);
  } else {
    if (desc.size_bytes <= memory.window().capacity_bytes())
      check_host_memory(desc.size_bytes, DeviceMemory::untouched_bytes_of_all);
    plugin::fault_point("sim.window_alloc");
    std::optional<WindowBlock> block = WindowBlock::allocate(memory.window(), desc, hal_name_of_mem_kind(desc.kind));
    if (!block) throw_full("mapped memory", memory.window(), desc.size_bytes, "HAL_SIM_MAPPED_MEMORY");
    allocation->host = block->view();
    allocation->device_address = block->device_address();
    allocation->window.emplace(std::move(*block));
  }
  return allocation;
}

std::unique_ptr<Allocation> register_memory(DeviceMemory &memory, const hal_mem_desc_t &desc) {
  check(memory, desc, rules_of(memory, desc.kind));
  plugin::fault_point("sim.window_alloc");
  std::optional<WindowBlock> block = WindowBlock::allocate(memory.window(), desc, hal_name_of_mem_kind(desc.kind));
  if (!block) throw_full("mapped memory", memory.window(), desc.size_bytes, "HAL_SIM_MAPPED_MEMORY");
  auto allocation = std::make_unique<Allocation>();
  allocation->kind = desc.kind;
  allocation->size_bytes = desc.size_bytes;
  if (desc.tag != nullptr) allocation->tag = desc.tag;
  allocation->host = static_cast<std::byte *>(desc.host_ptr);
  allocation->device_address = block->device_address();
  attach_range(memory.window().file(), *block, allocation->host, desc.size_bytes);
  allocation->window.emplace(std::move(*block));
  return allocation;
}

void describe(const DeviceMemory &memory, const Allocation &allocation, hal_pmem_info_v1_t &info) {
  const KindRules rules = rules_of(memory, allocation.kind);
  info.flags = rules.flags;
  info.host_ptr = allocation.host;
  info.device_addr = allocation.device_address;
  info.can_reach = rules.can_reach;
  info.reach_unknown = 0;
}

std::string detach(DeviceMemory &memory, Allocation &allocation) {
  std::string problem;
  if (allocation.kind == HAL_MEM_HOST_IMPORTED)
    problem = detach_range(memory.window().file(), *allocation.window, allocation.host, allocation.size_bytes);
  return problem;
}

std::optional<plugin::Failure> release_red_zones(DeviceMemory &memory, Allocation &allocation) {
  if (allocation.window) return allocation.window->inspect();
  if (!allocation.arena) return std::nullopt;
  Arena::Piece piece = std::move(*allocation.arena);
  allocation.arena.reset();
  return memory.arena().release(std::move(piece));
}

}  // namespace hal::sim
