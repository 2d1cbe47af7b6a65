// SPDX-License-Identifier: Apache-2.0
//
// Host-device shared memory that stays allocated while Python has views of it.
#ifndef NPUHAL_SHARED_BLOCK_HPP_
#define NPUHAL_SHARED_BLOCK_HPP_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "device_use.hpp"
#include "hal/hal.hpp"

namespace npuhal {

class SharedBlock {
 public:
  // Allocates zeroed memory of size_bytes bytes. OUT_OF_MEMORY: too little is free. INVALID_ARGUMENT: the size is 0.
  SharedBlock(std::shared_ptr<DeviceUse> use, std::uint64_t size_bytes);
  // Frees the memory if this process allocated it.
  ~SharedBlock();
  SharedBlock(const SharedBlock &) = delete;
  SharedBlock &operator=(const SharedBlock &) = delete;

  void *host_ptr() const noexcept { return host_ptr_; }
  hal_device_addr_t device_addr() const noexcept { return device_addr_; }
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  pid_t process() const noexcept { return process_; }
  hal_device_t device() const noexcept { return device_; }

  // Whether the memory was freed, or will be freed with its last view.
  bool closed() const;
  std::uint64_t views() const;

  // Counts a new view. False: the memory is closed.
  bool add_view();
  // Ends a view. Frees the memory if this was the last view of closed memory.
  void drop_view() noexcept;

  // The result of close().
  enum class Closed { kFreed, kFreedOnLostDevice, kAlready, kHasViews };
  // Frees the memory if it has no views. Throws hal::Error and keeps the memory if a launch uses it (BUSY).
  Closed close();
  // Frees the memory now, or with its last view.
  Closed close_with_last_view();
  // Before a reset of the device: refuses new views, and returns the number of existing ones.
  std::uint64_t freeze();
  // Allows new views again.
  void thaw();
  // After a reset, which freed the memory, and at the end of the process: marks it as closed, and never frees it.
  void forget();

 private:
  Closed close(bool put_off);

  void *host_ptr_;
  hal_device_addr_t device_addr_;
  const std::uint64_t size_bytes_;
  const pid_t process_;
  hal_device_t device_;

  mutable std::mutex mutex_;
  std::shared_ptr<DeviceUse> use_;  // declared before memory_: closed after it
  hal::Memory memory_;
  std::uint64_t views_ = 0;
  bool closed_ = false;
  bool frozen_ = false;
};

// The shared memory of a worker that is not freed, by host address. The memory keeps this list alive, because it may
// outlive the worker.
class SharedBlocks {
 public:
  std::shared_ptr<SharedBlock> allocate(const std::shared_ptr<DeviceUse> &use, std::uint64_t size_bytes);
  // Returns the block that starts at host_ptr, or null.
  std::shared_ptr<SharedBlock> find(const void *host_ptr) const;
  void remove(const SharedBlock &block);
  // Removes and returns all blocks, newest first.
  std::vector<std::shared_ptr<SharedBlock>> take_all();

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<SharedBlock>> blocks_;  // in the order of allocation
};

// Guards a reset of a device: while it lives, shared memory of the device, from all workers, accepts no new views.
class ResetOfBlocks {
 public:
  explicit ResetOfBlocks(hal_device_t device);
  // Allows new views again. Without done(), the memory is unchanged.
  ~ResetOfBlocks();
  ResetOfBlocks(const ResetOfBlocks &) = delete;
  ResetOfBlocks &operator=(const ResetOfBlocks &) = delete;

  // The number of views. If it is not 0, the device must not be reset.
  std::uint64_t views() const noexcept { return views_; }
  // Call this after the reset, which freed the memory.
  void done();

 private:
  template <typename Action>
  void each(Action action);

  const hal_device_t device_;
  std::uint64_t views_ = 0;
};

}  // namespace npuhal

#endif  // NPUHAL_SHARED_BLOCK_HPP_
