// SPDX-License-Identifier: Apache-2.0
#include "sim/device/window_access.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>

namespace hal::sim::device {

// Not a mutex: a signal handler takes it too.
class WindowAccess::Lock {
 public:
  explicit Lock(std::atomic_flag &flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) sched_yield();
  }
  ~Lock() { flag_.clear(std::memory_order_release); }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

 private:
  std::atomic_flag &flag_;
};

WindowAccess::WindowAccess(std::uint64_t address, std::uint64_t page_bytes, const wire::PageMap &map,
                           std::atomic<std::uint32_t> &open)
    : address_(address),
      page_bytes_(page_bytes),
      map_(map),
      open_(open),
      versions_(map.chunks()),
      words_(map.chunks() * wire::PageMap::kChunkWords),
      stale_(map.chunks()) {}

void WindowAccess::protect(std::uint64_t first, std::uint64_t count, bool accessible) noexcept {
  if (count == 0 || open_.load(std::memory_order_relaxed) != 0) return;
  const auto at = [this](std::uint64_t page) { return reinterpret_cast<void *>(address_ + page * page_bytes_); };
  if (mprotect(at(first), count * page_bytes_, accessible ? PROT_READ | PROT_WRITE : PROT_NONE) == 0) return;
  // One mapping for all of it needs no more mappings than there are.
  open_.store(1, std::memory_order_release);
  mprotect(at(0), map_.pages() * page_bytes_, PROT_READ | PROT_WRITE);
}

void WindowAccess::flush() noexcept {
  protect(run_.first, run_.count, run_.accessible);
  run_ = {};
}

// Returns whether free pages stay accessible.
bool WindowAccess::apply_word(std::uint64_t index, Free free) noexcept {
  const std::uint64_t word = map_.word(index);
  const std::uint64_t before = index == 0 ? 0 : map_.word(index - 1) >> (wire::PageMap::kWordPages - 1);
  const std::uint64_t stale = words_[index] & ~word & (free == Free::kNow ? 0 : ~(word << 1 | before));
  const std::uint64_t wanted = word | stale;
  std::uint64_t changed = wanted ^ words_[index];
  words_[index] = wanted;
  while (changed != 0) {
    const auto bit = static_cast<std::uint64_t>(std::countr_zero(changed));
    const bool accessible = (wanted >> bit & 1) != 0;
    const auto count = static_cast<std::uint64_t>(std::countr_one((changed & (accessible ? wanted : ~wanted)) >> bit));
    changed &= bit + count == wire::PageMap::kWordPages ? 0 : UINT64_MAX << (bit + count);
    const std::uint64_t first = index * wire::PageMap::kWordPages + bit;
    if (run_.count == 0 || run_.first + run_.count != first || run_.accessible != accessible) {
      flush();
      run_ = {first, 0, accessible};
    }
    run_.count += count;
  }
  return stale != 0;
}

void WindowAccess::apply_locked(Free free) noexcept {
  const std::uint64_t changes = map_.changes();
  bool any_stale = false;
  for (std::uint64_t chunk = 0; chunk < map_.chunks(); ++chunk) {
    const std::uint64_t version = map_.version(chunk);
    if (version != versions_[chunk] || (free == Free::kNow && stale_[chunk] != 0)) {
      versions_[chunk] = version;
      stale_[chunk] = 0;
      const std::uint64_t begin = chunk * wire::PageMap::kChunkWords;
      const std::uint64_t end = std::min(begin + wire::PageMap::kChunkWords, map_.words());
      for (std::uint64_t index = begin; index < end; ++index)
        if (apply_word(index, free)) stale_[chunk] = 1;
    }
    any_stale = any_stale || stale_[chunk] != 0;
  }
  flush();
  any_stale_.store(any_stale, std::memory_order_relaxed);
  applied_.store(changes, std::memory_order_relaxed);
}

void WindowAccess::apply_changes(Free free) noexcept {
  const Lock lock(locked_);
  apply_locked(free);
}

bool WindowAccess::allow(std::uint64_t address, std::uint64_t program_counter) noexcept {
  // If the same access fails again although nothing has changed, the page is not the reason.
  struct Attempt {
    std::uint64_t address;
    std::uint64_t program_counter;
    std::uint64_t changes;
    bool operator==(const Attempt &) const = default;
  };
  static thread_local Attempt last = {};
  const std::uint64_t page = (address - address_) / page_bytes_;
  if (address < address_ || page >= map_.pages()) return false;
  {
    const Lock lock(locked_);
    apply_locked(Free::kLater);
    if ((map_.word(page / wire::PageMap::kWordPages) >> page % wire::PageMap::kWordPages & 1) == 0) return false;
  }
  const Attempt attempt = {address, program_counter, applied_.load(std::memory_order_relaxed)};
  const bool again = attempt == last;
  last = attempt;
  return !again;
}

}  // namespace hal::sim::device
