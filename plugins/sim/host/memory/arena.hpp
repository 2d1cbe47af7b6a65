// SPDX-License-Identifier: Apache-2.0
//
// The arena: device memory, with red zones that find writes outside of an allocation. Programs see the configured
// capacity. Red zones and the quarantine use extra memory on top of it.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_ARENA_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_ARENA_HPP_

#include <atomic>
#include <memory>
#include <optional>

#include "chips/chip.hpp"
#include "hal/hal_plugin.hpp"
#include "sim/host/memory/address_space.hpp"
#include "sim/host/memory/block_allocator.hpp"
#include "sim/host/memory/sanitizer.hpp"
#include "sim/host/options.hpp"

namespace hal::sim {

class Arena {
 public:
  // Throws plugin::Failure.
  Arena(const chips::Chip &chip, const Options &options, std::uint32_t ordinal);

  // An allocation in the arena.
  struct Piece {
    Block block;                        // as requested
    std::uint64_t counted_bytes = 0;    // against the capacity
    std::unique_ptr<Guard> guard = {};  // with HAL_SIM_SANITIZE=1
  };
  // Nothing: it does not fit. kind is for reports. Any thread, as for all functions here.
  std::optional<Piece> allocate(const hal_mem_desc_t &desc, const char *kind);
  bool would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes);
  // Returns the error to report if the red zones are damaged.
  std::optional<plugin::Failure> release(Piece piece);

  // Throws plugin::Failure: KERNEL_FAULT for a write outside of an allocation, UNSUPPORTED with HAL_SIM_SANITIZE=0.
  void check();
  // Logs the damage instead, for a device that is closed or reset.
  void log_damage() noexcept;
  // Everything is free and reads as zero. No allocation may be left.
  void clear();

  std::uint64_t capacity_bytes() const { return capacity_; }
  std::uint64_t free_bytes() const { return capacity_ - used_.load(std::memory_order_relaxed); }

  const Fd &file() const { return file_; }
  std::uint64_t mapped_bytes() const { return view_.size_bytes(); }
  std::byte *view(std::uint64_t offset) const { return view_.data() + offset; }
  std::uint64_t address(std::uint64_t offset) const { return base_ + offset; }
  void set_address(std::uint64_t base) { base_ = base; }

 private:
  std::uint64_t counted_bytes(std::uint64_t size_bytes) const;
  bool take(std::uint64_t bytes);
  std::optional<Block> find_place(std::uint64_t counted_bytes, std::uint64_t alignment_bytes);
  void release_block(const Block &block);
  void drop_pages(const Block &block);

  const std::uint64_t tail_bytes_;
  const std::uint32_t ordinal_;
  const std::uint64_t capacity_;
  const std::uint64_t lead_;  // size of the red zone in front of each block; 0 with HAL_SIM_SANITIZE=0
  std::atomic<std::uint64_t> used_{0};
  Fd file_;
  Mapping view_;
  std::uint64_t base_ = 0;
  BlockAllocator space_;
  std::atomic<std::uint64_t> released_bytes_{0};  // since pages of free blocks were released
  std::unique_ptr<Sanitizer> sanitizer_;          // null with HAL_SIM_SANITIZE=0
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_ARENA_HPP_
