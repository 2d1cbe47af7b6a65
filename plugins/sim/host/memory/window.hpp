// SPDX-License-Identifier: Apache-2.0
//
// The shared window: memory for mapped allocations and registrations. Kernels cannot access the guard page after each
// block. The rest of a block's last page is a red zone.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_HPP_

#include <atomic>
#include <memory>
#include <optional>

#include "hal/hal_plugin.hpp"
#include "sim/host/memory/address_space.hpp"
#include "sim/host/memory/block_allocator.hpp"
#include "sim/host/memory/sanitizer.hpp"
#include "sim/host/options.hpp"
#include "sim/wire/page_map.hpp"

namespace hal::sim {

class Window {
 public:
  // Throws plugin::Failure.
  Window(const Options &options, std::uint32_t ordinal);

  // A block of whole pages, and its guard page.
  struct Piece {
    Block block;                        // without the guard page
    bool guarded = false;               // kernels cannot access the guard page
    std::unique_ptr<Guard> guard = {};  // if there are bytes to check
  };
  // The block reads as zero. Nothing: it does not fit. kind is for reports. Any thread, as for all functions here.
  std::optional<Piece> allocate(const hal_mem_desc_t &desc, const char *kind);
  bool would_fit(std::uint64_t size_bytes);
  // Returns the error to report if the red zone is damaged. Looks only once.
  std::optional<plugin::Failure> inspect(Piece &piece);
  void release(const Piece &piece) noexcept;

  // Throws plugin::Failure: KERNEL_FAULT for a write after an allocation.
  void check();
  // Logs the damage instead, for a device that is closed or reset.
  void log_damage() noexcept;
  // Everything is free and reads as zero. No allocation may be left.
  void clear();

  // The device process could not protect pages: from now on, guard pages hold a pattern.
  void set_open() noexcept;

  std::uint64_t capacity_bytes() const { return capacity_; }
  std::uint64_t free_bytes() const { return capacity_ - used_.load(std::memory_order_relaxed); }

  const Fd &file() const { return file_; }
  std::uint64_t mapped_bytes() const { return bytes_; }  // of the device's addresses
  std::byte *view(std::uint64_t offset) const { return view_.data() + offset; }
  std::uint64_t address(std::uint64_t offset) const { return base_ + offset; }
  void set_address(std::uint64_t base) { base_ = base; }

 private:
  bool take(std::uint64_t bytes);
  bool take_guard();
  void warn_once(const char *text) noexcept;
  void watch(Piece &piece, const hal_mem_desc_t &desc, const char *kind);

  const std::uint32_t ordinal_;
  const std::uint64_t capacity_;
  const std::uint64_t bytes_;
  const std::uint64_t most_guarded_;  // blocks; each one needs two mappings of the device process
  std::atomic<std::uint64_t> guarded_{0};
  std::atomic<std::uint64_t> used_{0};
  const bool own_process_;  // false: kernels access the whole window
  std::atomic<bool> open_;
  std::atomic<bool> warned_{false};
  Fd file_;  // the window, then its page map
  Mapping view_;
  std::uint64_t base_ = 0;
  wire::PageMap pages_;
  BlockAllocator space_;
  std::unique_ptr<Sanitizer> sanitizer_;  // null with HAL_SIM_SANITIZE=0
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_HPP_
