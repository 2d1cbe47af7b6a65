// SPDX-License-Identifier: Apache-2.0
//
// Allocations and registrations of every kind of memory.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_ALLOCATION_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_ALLOCATION_HPP_

#include <boost/intrusive/list.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sim/host/memory/device_memory.hpp"

namespace hal::sim {

// One allocation or registration. Its destructor frees what it holds.
struct Allocation : boost::intrusive::list_base_hook<> {
  hal_mem_kind_t kind = HAL_MEM_UNKNOWN;
  std::uint64_t size_bytes = 0;
  std::string tag;
  std::byte *host = nullptr;
  std::uint64_t device_address = 0;
  std::optional<Arena::Piece> arena;  // DEVICE, DEVICE_MAPPED
  std::optional<WindowBlock> window;  // HOST_MAPPED, HOST_IMPORTED
  Mapping pinned;                     // HOST_PINNED
};

// The allocations of one device. Allocations are frequent, so the list needs no memory of its own. Any thread.
class AllocationList {
 public:
  using List = boost::intrusive::list<Allocation>;

  Allocation *adopt(std::unique_ptr<Allocation> allocation) {
    const std::lock_guard lock(mutex_);
    list_.push_back(*allocation);
    return allocation.release();
  }
  void release(Allocation *allocation) {
    const std::unique_ptr<Allocation> gone(allocation);
    const std::lock_guard lock(mutex_);
    list_.erase(list_.iterator_to(*allocation));
  }
  std::unique_ptr<Allocation> take_first() {
    const std::lock_guard lock(mutex_);
    if (list_.empty()) return nullptr;
    std::unique_ptr<Allocation> first(&list_.front());
    list_.pop_front();
    return first;
  }
  // Returns use(list). The list does not change meanwhile.
  template <typename Use>
  auto read(Use &&use) const {
    const std::lock_guard lock(mutex_);
    return use(list_);
  }

 private:
  mutable std::mutex mutex_;
  List list_;
};

void query_memory(DeviceMemory &memory, const hal_mem_desc_t &desc, hal_mem_caps_t &caps);
// These two throw plugin::Failure.
std::unique_ptr<Allocation> allocate(DeviceMemory &memory, const hal_mem_desc_t &desc);
std::unique_ptr<Allocation> register_memory(DeviceMemory &memory, const hal_mem_desc_t &desc);
void describe(const DeviceMemory &memory, const Allocation &allocation, hal_pmem_info_v1_t &info);

// Ends a registration: the range becomes private memory of the caller again. Returns "", or what is mapped there if the
// range no longer belongs to the registration. Throws plugin::Failure, with nothing changed, as detach_range does.
std::string detach(DeviceMemory &memory, Allocation &allocation);

// Ends the watch on the red zones, and frees a block in the arena. Returns the error to report if they are damaged.
std::optional<plugin::Failure> release_red_zones(DeviceMemory &memory, Allocation &allocation);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_ALLOCATION_HPP_
