// SPDX-License-Identifier: Apache-2.0
//
// A device's own memory: what fits, where it lies, and whether somebody has written outside of an allocation. Programs
// see the configured capacity; red zones and freed memory under watch lie in room beyond it.
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

  // An allocation, to be released here.
  struct Piece {
    Block block;                        // what was asked for
    std::uint64_t counted_bytes = 0;    // against the capacity
    std::unique_ptr<Guard> guard = {};  // while sanitizing
  };
  // Nothing: it does not fit. kind is for reports. Any thread, as all of these.
  std::optional<Piece> allocate(const hal_mem_desc_t &desc, const char *kind);
  bool would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes);
  // What to say if somebody has written before or behind it.
  std::optional<plugin::Failure> release(Piece piece);

  // Throws plugin::Failure: KERNEL_FAULT if somebody has written outside of an allocation, UNSUPPORTED without
  // sanitizing.
  void check();
  // The same into the log: of a device that nobody can ask any more.
  void log_damage() noexcept;
  // No allocation lives: everything is free and reads as zero.
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
  void give_back(const Block &block);
  void drop_pages(const Block &block);
  plugin::Failure failure(const Finding &finding, std::uint64_t more) const;

  const std::uint64_t tail_bytes_;
  const std::uint32_t ordinal_;
  const std::uint64_t capacity_;
  const std::uint64_t lead_;  // of each block; 0 without sanitizing
  std::atomic<std::uint64_t> used_{0};
  Fd file_;
  Mapping view_;
  std::uint64_t base_ = 0;
  BlockAllocator space_;
  std::atomic<std::uint64_t> released_bytes_{0};  // since free pages were dropped
  std::unique_ptr<Sanitizer> sanitizer_;          // NULL: HAL_SIM_SANITIZE=0
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_ARENA_HPP_
