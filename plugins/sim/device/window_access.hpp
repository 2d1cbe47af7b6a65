// SPDX-License-Identifier: Apache-2.0
//
// Gives the device process access to the pages of the shared window that belong to an allocation, and to no others.
#ifndef HAL_PLUGINS_SIM_DEVICE_WINDOW_ACCESS_HPP_
#define HAL_PLUGINS_SIM_DEVICE_WINDOW_ACCESS_HPP_

#include <atomic>
#include <cstdint>
#include <vector>

#include "sim/wire/page_map.hpp"

namespace hal::sim::device {

class WindowAccess {
 public:
  // The window is mapped at address without access. open becomes 1 when the system has no mappings left to protect
  // pages: then the whole window is accessible.
  WindowAccess(std::uint64_t address, std::uint64_t page_bytes, const wire::PageMap &map,
               std::atomic<std::uint32_t> &open);

  // Applies what the host has changed. Costs one read if it has changed nothing. kLater: pages that became free may
  // stay accessible until the next call with kNow; guard pages may not.
  enum class Free { kNow, kLater };
  void apply(Free free) noexcept {
    if (map_.changes() != applied_.load(std::memory_order_relaxed) || (free == Free::kNow && any_stale_)) [[unlikely]]
      apply_changes(free);
  }

  // For a thread whose access to an address failed. True: the host has allocated the page meanwhile, and the thread may
  // try again. Safe in a signal handler.
  bool allow(std::uint64_t address, std::uint64_t program_counter) noexcept;

 private:
  class Lock;

  void apply_changes(Free free) noexcept;
  void apply_locked(Free free) noexcept;
  bool apply_word(std::uint64_t index, Free free) noexcept;
  void protect(std::uint64_t first, std::uint64_t count, bool accessible) noexcept;
  void flush() noexcept;

  const std::uint64_t address_;
  const std::uint64_t page_bytes_;
  const wire::PageMap map_;
  std::atomic<std::uint32_t> &open_;
  std::atomic<std::uint64_t> applied_{0};  // changes of the map

  std::atomic_flag locked_ = ATOMIC_FLAG_INIT;  // of the members below. The holder touches no page of the window.
  std::vector<std::uint64_t> versions_;         // as applied
  std::vector<std::uint64_t> words_;            // as applied
  std::vector<std::uint8_t> stale_;             // chunks with pages that are free and still accessible
  std::atomic<bool> any_stale_{false};
  struct Run {
    std::uint64_t first;
    std::uint64_t count;
    bool accessible;
  } run_ = {};  // of pages that change together
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WINDOW_ACCESS_HPP_
