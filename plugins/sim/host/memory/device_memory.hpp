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
#include "sim/host/memory/copier.hpp"
#include "sim/host/memory/window.hpp"
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

  Window &window() { return window_; }
  const Window &window() const { return window_; }

  // The range of host addresses that holds the device's addresses. A reset keeps it.
  bool is_placed() const { return reservation_.data() != nullptr; }
  std::uint64_t reservation_bytes() const;
  void place(Mapping reservation);
  bool contains(std::uint64_t address) const;

  // Throws plugin::Failure: KERNEL_FAULT for a write outside of an allocation, UNSUPPORTED with HAL_SIM_SANITIZE=0.
  void check();
  // Logs the damage instead, for a device that is closed or reset.
  void log_damage() noexcept;
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
  Window window_;
  Arena arena_;
  Copier copier_;
  Mapping reservation_;
};

// An owned block of the shared window. It reads as zero at first; its destructor frees the block and its pages.
class WindowBlock {
 public:
  // Nothing: the window has no free block of this size. kind is for reports.
  static std::optional<WindowBlock> allocate(Window &window, const hal_mem_desc_t &desc, const char *kind) {
    std::optional<Window::Piece> piece = window.allocate(desc, kind);
    if (!piece) return std::nullopt;
    return WindowBlock(window, std::move(*piece));
  }
  ~WindowBlock() {
    if (window_ == nullptr) return;
    (void)inspect();
    window_->release(piece_);
  }
  WindowBlock(WindowBlock &&other) noexcept
      : window_(std::exchange(other.window_, nullptr)), piece_(std::move(other.piece_)) {}
  WindowBlock &operator=(WindowBlock &&) = delete;

  std::byte *view() const { return window_->view(piece_.block.offset); }
  std::uint64_t device_address() const { return window_->address(piece_.block.offset); }
  std::uint64_t offset() const { return piece_.block.offset; }
  // Returns the error to report if the block's red zone is damaged. Looks only once.
  std::optional<plugin::Failure> inspect() { return window_->inspect(piece_); }

 private:
  WindowBlock(Window &window, Window::Piece piece) : window_(&window), piece_(std::move(piece)) {}

  Window *window_;
  Window::Piece piece_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_DEVICE_MEMORY_HPP_
