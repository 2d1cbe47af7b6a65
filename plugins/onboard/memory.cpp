// SPDX-License-Identifier: Apache-2.0
#include "onboard/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "hal/names.h"
#include "onboard/device.hpp"
#include "onboard/import_checks.hpp"
#include "support/memory_map.hpp"

namespace hal::onboard {
namespace {

constexpr hal_engine_mask_t kDeviceEngines = HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU | HAL_ENGINE_SDMA;
constexpr std::uint64_t kVendorAlignment = 64;  // of the vendor's host and device allocations
constexpr std::uint64_t kVendorRounding = 32;
constexpr std::uint64_t kMaxAlignment = std::uint64_t{1} << 30;

bool is_mapped(hal_mem_kind_t kind) { return kind == HAL_MEM_HOST_MAPPED || kind == HAL_MEM_HOST_IMPORTED; }

std::uint64_t alignment_of(const hal_mem_desc_t &desc) {
  const std::uint64_t least = is_mapped(desc.kind) ? register_alignment() : kVendorAlignment;
  return std::max(least, desc.alignment_bytes);
}

// The size to request from the vendor, with space for alignment, and whole pages for registered memory. It cannot
// overflow: the core accepts sizes below 2^63 only.
std::uint64_t block_bytes(const hal_mem_desc_t &desc) {
  const std::uint64_t alignment = alignment_of(desc);
  const std::uint64_t page = register_alignment();
  const std::uint64_t size = is_mapped(desc.kind) ? (desc.size_bytes + page - 1) / page * page : desc.size_bytes;
  return alignment > kVendorAlignment ? size + alignment - kVendorAlignment : size;
}

struct Capacity {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

Capacity device_capacity(const Device &device) {
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  check(
      device.api(), device.api().memory_info, [] { return std::string("HBM"); }, kMemoryHbm, &free_bytes, &total_bytes);
  return {free_bytes, total_bytes};
}

Capacity host_capacity(hal_mem_kind_t kind) {
  const std::uint64_t total = host_memory_bytes();
  return {is_mapped(kind) ? total - std::min(total, registered_bytes()) : total, total};
}

[[noreturn]] void throw_unsupported(const Device &device, hal_mem_kind_t kind, const std::string &why) {
  throw plugin::Failure(HAL_ERR_UNSUPPORTED,
                        device.name() + " does not support " + hal_name_of_mem_kind(kind) + " memory here: " + why,
                        "call hal_mem_query to find the supported kinds");
}

void check_kind(Device &device, const hal_mem_desc_t &desc) {
  if (desc.kind == HAL_MEM_DEVICE_MAPPED)
    throw_unsupported(device, desc.kind, "the vendor's runtime has no call for it that libhal knows");
  if (!is_mapped(desc.kind)) return;
  if (device.api().registration == Register::kNone)
    throw_unsupported(device, desc.kind, "the vendor's runtime lacks registration calls (" + device.native_api() + ")");
  device.check_mapping();
}

void check_capacity(const Device &device, const hal_mem_desc_t &desc) {
  const std::uint64_t wanted = block_bytes(desc);
  Capacity capacity = host_capacity(desc.kind);
  std::uint64_t tail = 0;
  if (desc.kind == HAL_MEM_DEVICE) {
    capacity = device_capacity(device);
    tail = kVendorRounding + device.chip().allocation_tail_bytes;
  }
  if (wanted <= capacity.free_bytes && tail <= capacity.free_bytes - wanted) return;
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        std::to_string(desc.size_bytes) + " bytes of " + hal_name_of_mem_kind(desc.kind) +
                            " memory do not fit: " + std::to_string(capacity.free_bytes) + " of " +
                            std::to_string(capacity.total_bytes) + " bytes are free",
                        "free memory, or allocate less");
}

// All checks that can be made before memory is allocated. Query and allocation both use them (P6).
void check_desc(Device &device, const hal_mem_desc_t &desc) {
  check_kind(device, desc);
  if (desc.alignment_bytes > kMaxAlignment)
    throw plugin::Failure(
        HAL_ERR_UNSUPPORTED,
        "alignment " + std::to_string(desc.alignment_bytes) + " is larger than " + std::to_string(kMaxAlignment),
        "use an alignment of at most " + std::to_string(kMaxAlignment) + " bytes");
  if (desc.kind == HAL_MEM_HOST_IMPORTED) check_import_here(desc.size_bytes);
  check_capacity(device, desc);
}

std::byte *align(std::byte *start, std::uint64_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(start);
  return start + ((alignment - address % alignment) % alignment);
}

Block take_block(const VendorApi &api, const hal_mem_desc_t &desc) {
  plugin::fault_point("onboard.alloc");
  const bool on_device = desc.kind == HAL_MEM_DEVICE;
  const Call<void **, std::size_t> &take = on_device ? api.malloc : api.malloc_host;
  const std::uint64_t size = block_bytes(desc);
  void *start = nullptr;
  check(
      api, take, [&] { return std::to_string(size) + " bytes"; }, &start, size);
  Block block(api, on_device ? api.free : api.free_host, start);
  if (start == nullptr)
    throw plugin::Failure(
        HAL_ERR_INTERNAL,
        std::string(take.name) + "(" + std::to_string(size) + " bytes) reported success but returned a null pointer",
        "report this to the vendor", 0, api.family);
  return block;
}

hal_engine_mask_t reach_of(const Device &device, hal_mem_kind_t kind) {
  switch (kind) {
    case HAL_MEM_DEVICE:
      return kDeviceEngines;
    case HAL_MEM_HOST_PINNED:
      return HAL_ENGINE_HOST;
    case HAL_MEM_HOST_MAPPED:
    case HAL_MEM_HOST_IMPORTED:
      return HAL_ENGINE_HOST | device.mapped_reach().can_reach;
    default:
      return 0;
  }
}

hal_engine_mask_t unknown_reach_of(const Device &device, hal_mem_kind_t kind) {
  return is_mapped(kind) ? device.mapped_reach().unknown : 0;
}

void mark_unforked(Allocation &allocation) {
  allocation.unforked = madvise(allocation.host, allocation.size_bytes, MADV_DONTFORK) == 0;
}

// False if the registered range was unmapped, or if other memory is mapped there now. Best effort.
bool is_the_same_range(const Allocation &allocation) {
  const auto begin = reinterpret_cast<std::uintptr_t>(allocation.host);
  const std::uint64_t end = begin + allocation.size_bytes;
  if (!plugins::cover(plugins::regions_of(begin, end), begin, end)) return false;
  return !allocation.unforked || plugins::cover(plugins::unforked_regions_of(begin, end), begin, end);
}

}  // namespace

Block::~Block() {
  if (start_ == nullptr) return;
  if (const int code = (*free_call_)(start_); code != kOk) {
    drop_recent_error(*api_);
    plugin::log(HAL_LOG_WARN, std::string(free_call_->name) + " returned " + std::to_string(code));
  }
}

void Block::swap(Block &other) noexcept {
  std::swap(api_, other.api_);
  std::swap(free_call_, other.free_call_);
  std::swap(start_, other.start_);
}

void Block::free() {
  if (start_ == nullptr) return;
  check(
      *api_, *free_call_, [] { return std::string(); }, start_);
  start_ = nullptr;
}

Allocation::~Allocation() {
  if (unforked) madvise(host, size_bytes, MADV_DOFORK);
}

void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps) {
  const ContextGuard context = device.enter();
  try {
    check_desc(device, desc);
    caps.verdict = HAL_OK;
  } catch (const plugin::Failure &failure) {
    caps.verdict = failure.status();
    if (caps.verdict == HAL_ERR_UNSUPPORTED) return;
  }
  caps.can_reach = reach_of(device, desc.kind);
  caps.reach_unknown = unknown_reach_of(device, desc.kind);
  caps.alignment_bytes = is_mapped(desc.kind) ? register_alignment() : kVendorAlignment;
  caps.granularity_bytes = desc.kind == HAL_MEM_HOST_IMPORTED ? register_alignment() : 1;
  caps.max_bytes = desc.kind == HAL_MEM_DEVICE ? device_capacity(device).total_bytes : host_memory_bytes();
}

std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc) {
  device.throw_if_lost();
  const ContextGuard context = device.enter();
  check_desc(device, desc);
  auto allocation = std::make_unique<Allocation>(device);
  allocation->kind = desc.kind;
  allocation->size_bytes = desc.size_bytes;
  allocation->block = take_block(device.api(), desc);
  std::byte *start = align(allocation->block.start(), alignment_of(desc));
  if (desc.kind == HAL_MEM_DEVICE) {
    allocation->device_address = reinterpret_cast<std::uint64_t>(start);
    return allocation;
  }
  allocation->host = start;
  if (desc.kind != HAL_MEM_HOST_MAPPED) return allocation;
  const std::uint64_t page = register_alignment();
  const std::uint64_t whole_pages = (desc.size_bytes + page - 1) / page * page;
  std::memset(start, 0, whole_pages);
  plugin::fault_point("onboard.register");
  allocation->registration = Registration(device.api(), device.ordinal(), start, whole_pages);
  allocation->device_address = allocation->registration.device_address();
  return allocation;
}

std::unique_ptr<Allocation> import(Device &device, const hal_mem_desc_t &desc) {
  device.throw_if_lost();
  const ContextGuard context = device.enter();
  check_desc(device, desc);
  auto *start = static_cast<std::byte *>(desc.host_ptr);
  plugins::check_importable(start, desc.size_bytes);
  auto allocation = std::make_unique<Allocation>(device);
  allocation->kind = desc.kind;
  allocation->size_bytes = desc.size_bytes;
  allocation->host = start;
  plugin::fault_point("onboard.register");
  allocation->registration = Registration(device.api(), device.ordinal(), start, desc.size_bytes);
  allocation->device_address = allocation->registration.device_address();
  mark_unforked(*allocation);
  return allocation;
}

void describe(Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info) {
  info.flags = 0;  // not COHERENT: the vendor does not guarantee it while a kernel runs
  info.host_ptr = allocation.host;
  info.device_addr = allocation.device_address;
  info.can_reach = reach_of(device, allocation.kind);
  info.reach_unknown = unknown_reach_of(device, allocation.kind);
}

bool give_back(Device &device, Allocation &allocation) {
  const Device::Release context = device.enter_to_release();
  const bool same = allocation.kind != HAL_MEM_HOST_IMPORTED || is_the_same_range(allocation);
  if (!same || device.lost()) {
    if (!same) allocation.unforked = false;  // the memory there now belongs to another owner
    allocation.registration.abandon();
    allocation.block = Block();
    return same;
  }
  allocation.registration.undo();
  allocation.block.free();
  return true;
}

}  // namespace hal::onboard
