// SPDX-License-Identifier: Apache-2.0
#include "shared_block.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "errors.hpp"

namespace npuhal {
namespace {

// Every block of this process. It is never destroyed, because a block may be destroyed later.
struct AllBlocks {
  std::mutex mutex;
  std::unordered_set<SharedBlock *> blocks;
};

AllBlocks &all_blocks() {
  static AllBlocks &all = *new AllBlocks;
  return all;
}

}  // namespace

SharedBlock::SharedBlock(std::shared_ptr<DeviceUse> use, std::uint64_t size_bytes)
    : size_bytes_(size_bytes), process_(use->process()), device_(use->device().handle()), use_(std::move(use)) {
  memory_ = use_->device().allocate(HAL_MEM_HOST_MAPPED, size_bytes);
  const hal_mem_info_t info = memory_.info();
  host_ptr_ = info.host_ptr;
  device_addr_ = info.device_addr;
  const std::lock_guard lock(all_blocks().mutex);
  all_blocks().blocks.insert(this);
}

SharedBlock::~SharedBlock() {
  if (::getpid() != process_) {  // libhal does not work here, and its locks may stay locked
    (void)memory_.release();
    (void)new std::shared_ptr<DeviceUse>(std::move(use_));
    return;
  }
  const std::lock_guard lock(all_blocks().mutex);
  all_blocks().blocks.erase(this);
}

bool SharedBlock::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::uint64_t SharedBlock::views() const {
  const std::lock_guard lock(mutex_);
  return views_;
}

bool SharedBlock::add_view() {
  const std::lock_guard lock(mutex_);
  if (closed_ || frozen_) return false;
  ++views_;
  return true;
}

void SharedBlock::drop_view() noexcept {
  std::shared_ptr<DeviceUse> last_use;
  hal::Memory last;
  const std::lock_guard lock(mutex_);
  if (--views_ != 0 || !closed_) return;
  last = std::move(memory_);
  last_use = std::move(use_);
}

SharedBlock::Closed SharedBlock::close() { return close(false); }

SharedBlock::Closed SharedBlock::close_with_last_view() { return close(true); }

SharedBlock::Closed SharedBlock::close(bool put_off) {
  std::shared_ptr<DeviceUse> done;  // destroyed after the lock is released: it may close the device
  const std::lock_guard lock(mutex_);
  if (closed_) return Closed::kAlready;
  if (views_ != 0) {
    closed_ = put_off;
    return Closed::kHasViews;
  }
  try {
    memory_.close();
  } catch (const hal::Error &failure) {
    if (failure.status() != HAL_ERR_INVALID_ARGUMENT) throw;
    (void)memory_.release();  // another user has reset the device, which freed the memory
  }
  closed_ = true;
  done = std::move(use_);
  return done->lost() ? Closed::kFreedOnLostDevice : Closed::kFreed;
}

std::uint64_t SharedBlock::freeze() {
  const std::lock_guard lock(mutex_);
  frozen_ = true;
  return views_;
}

void SharedBlock::thaw() {
  const std::lock_guard lock(mutex_);
  frozen_ = false;
}

void SharedBlock::forget() {
  std::shared_ptr<DeviceUse> done;
  const std::lock_guard lock(mutex_);
  (void)memory_.release();
  closed_ = true;
  done = std::move(use_);
}

std::shared_ptr<SharedBlock> SharedBlocks::allocate(const std::shared_ptr<DeviceUse> &use, std::uint64_t size_bytes) {
  auto block = std::make_shared<SharedBlock>(use, size_bytes);
  const std::lock_guard lock(mutex_);
  blocks_.push_back(block);
  return block;
}

std::shared_ptr<SharedBlock> SharedBlocks::find(const void *host_ptr) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [host_ptr](const auto &block) { return block->host_ptr() == host_ptr; });
  return found == blocks_.rend() ? nullptr : *found;
}

void SharedBlocks::remove(const SharedBlock &block) {
  const std::lock_guard lock(mutex_);
  std::erase_if(blocks_, [&block](const auto &other) { return other.get() == &block; });
}

std::vector<std::shared_ptr<SharedBlock>> SharedBlocks::take_all() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<SharedBlock>> all(blocks_.rbegin(), blocks_.rend());
  blocks_.clear();
  return all;
}

template <typename Action>
void ResetOfBlocks::each(Action action) {
  const std::lock_guard lock(all_blocks().mutex);
  for (SharedBlock *block : all_blocks().blocks) {
    if (block->device() == device_) action(*block);
  }
}

ResetOfBlocks::ResetOfBlocks(hal_device_t device) : device_(device) {
  each([this](SharedBlock &block) { views_ += block.freeze(); });
}

ResetOfBlocks::~ResetOfBlocks() {
  each([](SharedBlock &block) { block.thaw(); });
}

void ResetOfBlocks::done() {
  each([](SharedBlock &block) { block.forget(); });
}

}  // namespace npuhal
