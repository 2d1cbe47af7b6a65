// SPDX-License-Identifier: Apache-2.0
//
// Which memory of a device is at an address: one map by host address, one by device address.
#ifndef HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_
#define HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_

#include <atomic>
#include <boost/intrusive/set.hpp>
#include <cstdint>
#include <mutex>
#include <optional>

namespace hal::core {

class Memory;

// A range, embedded in its owner so that entering it allocates nothing. [start, start + size).
struct AddressRange : boost::intrusive::set_base_hook<> {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  Memory *owner = nullptr;
  bool pending = false;  // taken, but lookups do not see it yet

  std::uint64_t end() const noexcept { return start + size; }
};

// Part of a failure: which range is in the way.
struct Overlap {
  std::uint64_t start;
  std::uint64_t size;
};

// Ranges that do not overlap. Not thread-safe by itself.
class IntervalMap {
 public:
  IntervalMap() = default;
  ~IntervalMap() { clear(); }
  IntervalMap(const IntervalMap &) = delete;
  IntervalMap &operator=(const IntervalMap &) = delete;

  std::optional<Overlap> overlap(std::uint64_t start, std::uint64_t size) const noexcept;
  std::optional<Overlap> insert(AddressRange &range) noexcept;
  void erase(AddressRange &range) noexcept;
  void clear() noexcept;
  const AddressRange *find(std::uint64_t address) const noexcept;

 private:
  struct ByStart {
    using type = std::uint64_t;
    type operator()(const AddressRange &range) const noexcept { return range.start; }
  };
  boost::intrusive::set<AddressRange, boost::intrusive::key_of_value<ByStart>> ranges_;
};

// Both maps of a device under one lock. It is held for some tens of nanoseconds, and a reader-writer lock costs more
// than that even if nobody waits.
class AddressTable {
 public:
  // Enters a host range before the backend is asked, so that two threads cannot register the same one.
  std::optional<Overlap> reserve_host(AddressRange &range) noexcept;
  // Enters whichever of the two has a size; neither if one overlaps. A reserved host range becomes visible.
  std::optional<Overlap> enter(AddressRange &host, AddressRange &device) noexcept;
  void remove(AddressRange &host, AddressRange &device) noexcept;
  void clear() noexcept;

  std::optional<Overlap> host_overlap(std::uint64_t start, std::uint64_t size) const noexcept;
  // Whether [start, start + size) touches memory at a device address that is no host address of ours as well.
  bool is_device_only(std::uint64_t start, std::uint64_t size) const noexcept;

  // Calls found(range) under the lock: the owner cannot go away meanwhile. False if nobody owns the address.
  template <typename Found>
  bool find_host(std::uint64_t address, Found &&found) const {
    return find(host_, address, found);
  }
  template <typename Found>
  bool find_device(std::uint64_t address, Found &&found) const {
    return find(device_, address, found);
  }

 private:
  template <typename Found>
  bool find(const IntervalMap &map, std::uint64_t address, Found &found) const {
    const std::lock_guard lock(mutex_);
    const AddressRange *range = map.find(address);
    if (range == nullptr || range->pending) return false;
    found(*range);
    return true;
  }

  // Where device ranges have ever been: most host memory lies outside, which is told without the lock.
  std::atomic<std::uint64_t> device_low_{UINT64_MAX};
  std::atomic<std::uint64_t> device_high_{0};
  mutable std::mutex mutex_;
  IntervalMap host_;
  IntervalMap device_;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_
