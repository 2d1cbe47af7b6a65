// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/block_allocator.hpp"

#include <algorithm>
#include <iterator>

#include "sim/host/memory/address_space.hpp"

namespace hal::sim {

BlockAllocator::BlockAllocator(std::uint64_t capacity_bytes, std::uint64_t granularity_bytes)
    : capacity_(capacity_bytes / granularity_bytes * granularity_bytes), granularity_(granularity_bytes) {
  insert(take_spare(), 0, capacity_);
}

BlockAllocator::~BlockAllocator() {
  while (!offsets_.empty()) remove(*offsets_.begin());
  while (spare_ != nullptr) {
    const std::unique_ptr<Range> gone(spare_);
    spare_ = gone->next_spare;
  }
}

std::uint64_t BlockAllocator::rounded(std::uint64_t size_bytes) const {
  return size_bytes > capacity_ ? size_bytes : round_up(size_bytes, granularity_);
}

std::optional<BlockAllocator::Place> BlockAllocator::find(std::uint64_t size_bytes, std::uint64_t alignment_bytes,
                                                          std::uint64_t lead_bytes) {
  const std::uint64_t alignment = std::max(alignment_bytes, granularity_);
  for (auto at = sizes_.lower_bound(SizeOf::type{size_bytes, 0}); at != sizes_.end(); ++at) {
    const std::uint64_t start = round_up(at->offset + lead_bytes, alignment) - lead_bytes;
    const std::uint64_t skipped = start - at->offset;
    if (skipped <= at->size && at->size - skipped >= size_bytes) return Place{&*at, {start, size_bytes}};
  }
  return std::nullopt;
}

std::optional<Block> BlockAllocator::allocate(std::uint64_t size_bytes, std::uint64_t alignment_bytes,
                                              std::uint64_t lead_bytes) {
  const std::lock_guard lock(mutex_);
  const std::optional<Place> place = find(rounded(size_bytes), alignment_bytes, lead_bytes);
  if (!place) return std::nullopt;
  const auto [range, block] = *place;
  const std::uint64_t begin = range->offset;
  const std::uint64_t end = range->end();
  const std::uint64_t block_end = block.offset + block.size_bytes;
  used_end_ = std::max(used_end_, block_end);
  if (block.offset > begin) {
    Range *rest = block_end < end ? take_spare() : nullptr;
    resize(*range, begin, block.offset - begin);
    if (rest != nullptr) insert(rest, block_end, end - block_end);
  } else if (block_end < end) {
    resize(*range, block_end, end - block_end);
  } else {
    remove(*range);
  }
  return block;
}

void BlockAllocator::release(const Block &block) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = block.offset + block.size_bytes;
  const auto next = offsets_.lower_bound(block.offset);
  Range *after = next != offsets_.end() && next->offset == end ? &*next : nullptr;
  Range *before = next != offsets_.begin() ? &*std::prev(next) : nullptr;
  if (before != nullptr && before->end() != block.offset) before = nullptr;
  const std::uint64_t new_end = after != nullptr ? after->end() : end;
  if (before != nullptr) {
    if (after != nullptr) remove(*after);
    resize(*before, before->offset, new_end - before->offset);
  } else if (after != nullptr) {
    resize(*after, block.offset, new_end - block.offset);
  } else {
    insert(take_spare(), block.offset, block.size_bytes);
  }
}

bool BlockAllocator::would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes, std::uint64_t lead_bytes) {
  const std::lock_guard lock(mutex_);
  return find(rounded(size_bytes), alignment_bytes, lead_bytes).has_value();
}

void BlockAllocator::clear() {
  const std::lock_guard lock(mutex_);
  while (!offsets_.empty()) remove(*offsets_.begin());
  insert(take_spare(), 0, capacity_);
}

std::uint64_t BlockAllocator::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

BlockAllocator::Range *BlockAllocator::take_spare() {
  if (spare_ == nullptr) return new Range;
  Range *range = spare_;
  spare_ = range->next_spare;
  return range;
}

void BlockAllocator::insert(Range *range, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  range->offset = offset;
  range->size = size_bytes;
  offsets_.insert(*range);
  sizes_.insert(*range);
  free_bytes_ += size_bytes;
}

// A resized range keeps its place in the order of offsets, and often that in the order of sizes.
void BlockAllocator::resize(Range &range, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
  free_bytes_ += size_bytes - range.size;
  const auto place = sizes_.iterator_to(range);
  const SizeOf::type now = {size_bytes, offset};
  const bool stays = (place == sizes_.begin() || SizeOf()(*std::prev(place)) < now) &&
                     (std::next(place) == sizes_.end() || now < SizeOf()(*std::next(place)));
  if (!stays) sizes_.erase(place);
  range.offset = offset;
  range.size = size_bytes;
  if (!stays) sizes_.insert(range);
}

void BlockAllocator::remove(Range &range) noexcept {
  free_bytes_ -= range.size;
  offsets_.erase(offsets_.iterator_to(range));
  sizes_.erase(sizes_.iterator_to(range));
  range.next_spare = spare_;
  spare_ = &range;
}

}  // namespace hal::sim
