// SPDX-License-Identifier: Apache-2.0
#include "objects/address_table.hpp"

namespace hal::core {

std::optional<Overlap> IntervalMap::overlap(std::uint64_t start, std::uint64_t size) const noexcept {
  // The ranges do not overlap each other, so only the last one that starts before the new end can overlap.
  auto next = ranges_.lower_bound(start + size);
  if (next == ranges_.begin()) return std::nullopt;
  const AddressRange &before = *--next;
  if (before.end() <= start) return std::nullopt;
  return Overlap{before.start, before.size};
}

std::optional<Overlap> IntervalMap::insert(AddressRange &range) noexcept {
  if (const auto other = overlap(range.start, range.size)) return other;
  ranges_.insert(range);
  return std::nullopt;
}

void IntervalMap::erase(AddressRange &range) noexcept {
  if (range.is_linked()) ranges_.erase(ranges_.iterator_to(range));
}

void IntervalMap::clear() noexcept { ranges_.clear(); }

const AddressRange *IntervalMap::find(std::uint64_t address) const noexcept {
  auto next = ranges_.upper_bound(address);
  if (next == ranges_.begin()) return nullptr;
  const AddressRange &before = *--next;
  return address < before.end() ? &before : nullptr;
}

std::optional<Overlap> AddressTable::enter(AddressRange &host, AddressRange &device) noexcept {
  const std::lock_guard lock(mutex_);
  if (host.size > 0)
    if (const auto other = host_.insert(host)) return other;
  if (device.size > 0) {
    if (const auto other = device_.insert(device)) {
      host_.erase(host);
      return other;
    }
  }
  if (device.size > 0) {
    if (device.start < device_low_.load(std::memory_order_relaxed))
      device_low_.store(device.start, std::memory_order_relaxed);
    if (device.end() > device_high_.load(std::memory_order_relaxed))
      device_high_.store(device.end(), std::memory_order_relaxed);
  }
  return std::nullopt;
}

void AddressTable::remove(AddressRange &host, AddressRange &device) noexcept {
  const std::lock_guard lock(mutex_);
  host_.erase(host);
  device_.erase(device);
}

void AddressTable::clear() noexcept {
  const std::lock_guard lock(mutex_);
  host_.clear();
  device_.clear();
}

bool AddressTable::is_device_only(std::uint64_t start, std::uint64_t size) const noexcept {
  if (start >= device_high_.load(std::memory_order_relaxed) ||
      start + size <= device_low_.load(std::memory_order_relaxed))
    return false;
  const std::lock_guard lock(mutex_);
  return device_.overlap(start, size).has_value() && !host_.overlap(start, size).has_value();
}

}  // namespace hal::core
