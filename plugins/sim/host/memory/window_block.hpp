// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_BLOCK_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_BLOCK_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "sim/host/device.hpp"

namespace hal::sim {

// An owned piece of a device's shared window: zeroed when taken, its pages given back at the end.
class WindowBlock {
 public:
  static std::optional<WindowBlock> allocate(Device &device, std::uint64_t size_bytes, std::uint64_t alignment_bytes) {
    const std::optional<Block> block = device.window().allocate(size_bytes, alignment_bytes);
    if (!block) return std::nullopt;
    return WindowBlock(device, *block);
  }
  ~WindowBlock() {
    if (device_ == nullptr) return;
    device_->drop_window_pages(block_);
    device_->window().release(block_);
  }
  WindowBlock(WindowBlock &&other) noexcept : device_(std::exchange(other.device_, nullptr)), block_(other.block_) {}
  WindowBlock &operator=(WindowBlock &&) = delete;

  std::byte *view() const { return device_->window_view(block_.offset); }
  std::uint64_t device_address() const { return device_->window_address(block_.offset); }
  std::uint64_t offset() const { return block_.offset; }

 private:
  WindowBlock(Device &device, const Block &block) : device_(&device), block_(block) {}

  Device *device_;
  Block block_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_WINDOW_BLOCK_HPP_
