// SPDX-License-Identifier: Apache-2.0
#include "objects/host_ranges.hpp"

namespace hal::core {

bool HostRanges::must_wait(const HostRange &range) const noexcept {
  for (const HostRange &other : pending_) {
    if (&other == &range) return false;
    if (other.start < range.end() && range.start < other.end()) return true;
  }
  return false;
}

void HostRanges::erase(HostRange &range) noexcept {
  used_.erase(range);
  if (!range.is_pending()) return;
  pending_.erase(pending_.iterator_to(range));
  decided_.notify_all();
}

std::optional<Overlap> HostRanges::reserve(HostRange &range) {
  std::unique_lock lock(mutex_);
  pending_.push_back(range);
  decided_.wait(lock, [&] { return !must_wait(range); });
  const auto other = used_.overlap(range.start, range.size);
  if (other) erase(range);
  return other;
}

std::optional<Overlap> HostRanges::enter(HostRange &range) noexcept {
  if (range.size == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (const auto other = used_.overlap(range.start, range.size)) return other;
  erase(range);
  return used_.insert(range);
}

void HostRanges::leave(HostRange &range) noexcept {
  if (range.size == 0) return;
  const std::lock_guard lock(mutex_);
  used_.erase(range);
  pending_.push_front(range);
}

void HostRanges::remove(HostRange &range) noexcept {
  if (range.size == 0) return;
  const std::lock_guard lock(mutex_);
  erase(range);
}

std::optional<Overlap> HostRanges::overlap(std::uint64_t start, std::uint64_t size) const noexcept {
  const std::lock_guard lock(mutex_);
  return used_.overlap(start, size);
}

HostRanges &host_ranges() noexcept {
  static auto *ranges = new HostRanges;
  return *ranges;
}

}  // namespace hal::core
