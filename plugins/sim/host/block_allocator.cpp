// SPDX-License-Identifier: Apache-2.0
#include "sim/host/block_allocator.hpp"

#include <algorithm>
#include <iterator>

#include "sim/host/address_space.hpp"

namespace hal::sim {

BlockAllocator::BlockAllocator(std::uint64_t capacity_bytes, std::uint64_t granularity_bytes)
    : capacity_(capacity_bytes / granularity_bytes * granularity_bytes), granularity_(granularity_bytes) {
  insert(0, capacity_);
}

std::uint64_t BlockAllocator::rounded(std::uint64_t size_bytes) const {
  return size_bytes > capacity_ ? size_bytes : round_up(size_bytes, granularity_);
}

std::optional<Block> BlockAllocator::find(std::uint64_t size_bytes, std::uint64_t alignment_bytes) const {
  const std::uint64_t alignment = std::max(alignment_bytes, granularity_);
  for (auto at = free_sizes_.lower_bound({size_bytes, 0}); at != free_sizes_.end(); ++at) {
    const std::uint64_t start = round_up(at->second, alignment);
    const std::uint64_t skipped = start - at->second;
    if (skipped <= at->first && at->first - skipped >= size_bytes) return Block{start, size_bytes};
  }
  return std::nullopt;
}

std::optional<Block> BlockAllocator::allocate(std::uint64_t size_bytes, std::uint64_t alignment_bytes) {
  const std::lock_guard lock(mutex_);
  const std::optional<Block> block = find(rounded(size_bytes), alignment_bytes);
  if (!block) return block;
  const auto range = std::prev(free_.upper_bound(block->offset));
  const auto [begin, size] = *range;
  erase(range);
  if (block->offset > begin) insert(begin, block->offset - begin);
  const std::uint64_t end = block->offset + block->size_bytes;
  if (begin + size > end) insert(end, begin + size - end);
  return block;
}

void BlockAllocator::release(const Block &block) {
  const std::lock_guard lock(mutex_);
  std::uint64_t begin = block.offset;
  std::uint64_t end = block.offset + block.size_bytes;
  if (const auto after = free_.find(end); after != free_.end()) {
    end += after->second;
    erase(after);
  }
  if (const auto next = free_.lower_bound(begin); next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == begin) {
      begin = before->first;
      erase(before);
    }
  }
  insert(begin, end - begin);
}

bool BlockAllocator::would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes) const {
  const std::lock_guard lock(mutex_);
  return find(rounded(size_bytes), alignment_bytes).has_value();
}

void BlockAllocator::clear() {
  const std::lock_guard lock(mutex_);
  free_.clear();
  free_sizes_.clear();
  free_bytes_ = 0;
  insert(0, capacity_);
}

std::uint64_t BlockAllocator::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

void BlockAllocator::insert(std::uint64_t offset, std::uint64_t size_bytes) {
  free_.emplace(offset, size_bytes);
  free_sizes_.emplace(size_bytes, offset);
  free_bytes_ += size_bytes;
}

void BlockAllocator::erase(std::map<std::uint64_t, std::uint64_t>::iterator range) {
  free_bytes_ -= range->second;
  free_sizes_.erase({range->second, range->first});
  free_.erase(range);
}

}  // namespace hal::sim
