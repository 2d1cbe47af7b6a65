// SPDX-License-Identifier: Apache-2.0
//
// The memory of one simulated device: the arena (device memory), the shared window (mapped host memory), and the
// addresses that kernels use for both.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_DEVICE_MEMORY_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_DEVICE_MEMORY_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "chips/chip.hpp"
#include "sim/host/memory/address_space.hpp"
#include "sim/host/memory/arena.hpp"
#include "sim/host/memory/block_allocator.hpp"
#include "sim/host/memory/copier.hpp"
#include "sim/host/options.hpp"

namespace hal::sim {

class DeviceMemory {
 public:
  // Throws plugin::Failure.
  DeviceMemory(const chips::Chip &chip, const Options &options, std::uint32_t ordinal);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  const chips::Chip &chip() const { return chip_; }
  Copier &copier() { return copier_; }

  Arena &arena() { return arena_; }
  const Arena &arena() const { return arena_; }

  BlockAllocator &window() { return window_; }
  const Fd &window_file() const { return window_file_; }
  std::uint64_t window_bytes() const { return window_view_.size_bytes(); }
  std::byte *window_view(std::uint64_t offset) const { return window_view_.data() + offset; }
  std::uint64_t window_address(std::uint64_t offset) const { return window_base_ + offset; }
  void drop_window_pages(const Block &block);  // they read as zero afterwards and use no memory

  // The range of host addresses that holds the device's addresses. A reset keeps it.
  bool is_placed() const { return reservation_.data() != nullptr; }
  std::uint64_t reservation_bytes() const;
  void place(Mapping reservation);
  bool contains(std::uint64_t address) const;

  // Everything is free and reads as zero. No allocation may be left.
  void clear();

  // The sum over all devices of this backend in this process: allocated bytes that have no pages yet.
  static std::uint64_t untouched_bytes_of_all();
  // The ordinal of the device of this process whose range contains the address.
  static std::optional<std::uint32_t> owner_of(std::uint64_t address);

 private:
  std::uint64_t untouched_bytes() const;

  const chips::Chip &chip_;
  const std::uint32_t ordinal_;
  Fd window_file_;
  Mapping window_view_;
  Arena arena_;
  BlockAllocator window_;
  Copier copier_;
  Mapping reservation_;
  std::uint64_t window_base_ = 0;
};

// An owned block of the shared window. It reads as zero at first; its destructor frees the block and its pages.
class WindowBlock {
 public:
  // Nothing: the window has no free block of this size.
  static std::optional<WindowBlock> allocate(DeviceMemory &memory, std::uint64_t size_bytes,
                                             std::uint64_t alignment_bytes) {
    const std::optional<Block> block = memory.window().allocate(size_bytes, alignment_bytes);
    if (!block) return std::nullopt;
    return WindowBlock(memory, *block);
  }
  ~WindowBlock() {
    if (memory_ == nullptr) return;
    memory_->drop_window_pages(block_);
    memory_->window().release(block_);
  }
  WindowBlock(WindowBlock &&other) noexcept : memory_(std::exchange(other.memory_, nullptr)), block_(other.block_) {}
  WindowBlock &operator=(WindowBlock &&) = delete;

  std::byte *view() const { return memory_->window_view(block_.offset); }
  std::uint64_t device_address() const { return memory_->window_address(block_.offset); }
  std::uint64_t offset() const { return block_.offset; }

 private:
  WindowBlock(DeviceMemory &memory, const Block &block) : memory_(&memory), block_(block) {}

  DeviceMemory *memory_;
  Block block_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_DEVICE_MEMORY_HPP_
