// SPDX-License-Identifier: Apache-2.0
//
// Finds the memory of a device at an address: one map by host address, one by device address.
#ifndef HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_
#define HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_

#include <atomic>
#include <boost/intrusive/set.hpp>
#include <cstdint>
#include <mutex>
#include <optional>

namespace hal::core {

class Memory;

// The range [start, start + size). It is part of its owner, so that inserting it allocates nothing.
struct AddressRange : boost::intrusive::set_base_hook<> {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  Memory *owner = nullptr;

  std::uint64_t end() const noexcept { return start + size; }
};

// The existing range that overlaps a new one.
struct Overlap {
  std::uint64_t start;
  std::uint64_t size;
};

// Ranges that do not overlap. Not thread-safe.
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

// Both maps of a device under one lock. A thread holds it for some tens of nanoseconds; a reader-writer lock costs more
// even without contention.
class AddressTable {
 public:
  // Inserts those of the two ranges that have a size, or neither if one overlaps.
  std::optional<Overlap> enter(AddressRange &host, AddressRange &device) noexcept;
  void remove(AddressRange &host, AddressRange &device) noexcept;
  void clear() noexcept;

  // Whether [start, start + size) overlaps device addresses but no host address of this device's memory.
  bool is_device_only(std::uint64_t start, std::uint64_t size) const noexcept;

  // Calls found(range) under the lock, so that the owner stays valid. False if no range holds the address.
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
    if (range == nullptr) return false;
    found(*range);
    return true;
  }

  // The bounds of all device ranges so far. Most host memory lies outside them, so that the check needs no lock.
  std::atomic<std::uint64_t> device_low_{UINT64_MAX};
  std::atomic<std::uint64_t> device_high_{0};
  mutable std::mutex mutex_;
  IntervalMap host_;
  IntervalMap device_;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_ADDRESS_TABLE_HPP_
