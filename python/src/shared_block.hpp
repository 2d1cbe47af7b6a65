// SPDX-License-Identifier: Apache-2.0
//
// Host-device shared memory that Python may look at: it stays as long as somebody looks.
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
  // Zeroed memory of size_bytes bytes. OUT_OF_MEMORY, INVALID_ARGUMENT size 0.
  SharedBlock(std::shared_ptr<DeviceUse> use, std::uint64_t size_bytes);
  // Frees what is left, if this is the process that allocated it.
  ~SharedBlock();
  SharedBlock(const SharedBlock &) = delete;
  SharedBlock &operator=(const SharedBlock &) = delete;

  void *host_ptr() const noexcept { return host_ptr_; }
  hal_device_addr_t device_addr() const noexcept { return device_addr_; }
  std::uint64_t size_bytes() const noexcept { return size_bytes_; }
  pid_t process() const noexcept { return process_; }
  hal_device_t device() const noexcept { return device_; }

  // Whether it was freed, or will be with its last view.
  bool closed() const;
  std::uint64_t views() const;

  // A view begins: false if the memory is closed. It ends: frees the memory if that was put off until now.
  bool add_view();
  void drop_view() noexcept;

  // What became of a call of close().
  enum class Closed { kFreed, kFreedOnLostDevice, kAlready, kHasViews };
  // Frees the memory; with views nothing happens. Throws hal::Error, and the memory stays: BUSY while a launch uses it.
  Closed close();
  // Frees the memory now, or with its last view.
  Closed close_with_last_view();
  // Around a reset of the device: no view may begin. Gives the number of views there are. Then either the memory went
  // with the reset, or all is as before.
  std::uint64_t freeze();
  void thaw();
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

// What a worker has made and nobody has freed, by host address. Shared with the memory, which may outlive the worker.
class SharedBlocks {
 public:
  std::shared_ptr<SharedBlock> allocate(const std::shared_ptr<DeviceUse> &use, std::uint64_t size_bytes);
  // The block that starts there; empty if there is none.
  std::shared_ptr<SharedBlock> find(const void *host_ptr) const;
  void remove(const SharedBlock &block);
  // All of them, newest first; the list is empty afterwards.
  std::vector<std::shared_ptr<SharedBlock>> take_all();

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<SharedBlock>> blocks_;  // in the order of their making
};

// Around a reset of a device: its shared memory, made by whichever worker of this process. No view may begin meanwhile.
class ResetOfBlocks {
 public:
  explicit ResetOfBlocks(hal_device_t device);
  // Without done(), all is as it was.
  ~ResetOfBlocks();
  ResetOfBlocks(const ResetOfBlocks &) = delete;
  ResetOfBlocks &operator=(const ResetOfBlocks &) = delete;

  // How many views there are; with any, the reset must not begin.
  std::uint64_t views() const noexcept { return views_; }
  // The device was reset: its memory is gone.
  void done();

 private:
  template <typename Action>
  void each(Action action);

  const hal_device_t device_;
  std::uint64_t views_ = 0;
};

}  // namespace npuhal

#endif  // NPUHAL_SHARED_BLOCK_HPP_
