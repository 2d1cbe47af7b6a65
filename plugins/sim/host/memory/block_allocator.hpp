// SPDX-License-Identifier: Apache-2.0
//
// Allocates blocks of one large range: best fit, free neighbours are joined. It never touches the memory itself.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_BLOCK_ALLOCATOR_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_BLOCK_ALLOCATOR_HPP_

#include <algorithm>
#include <boost/intrusive/set.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace hal::sim {

struct Block {
  std::uint64_t offset;
  std::uint64_t size_bytes;
};

class BlockAllocator {
 public:
  // Sizes are rounded up to granularity, a power of two.
  BlockAllocator(std::uint64_t capacity_bytes, std::uint64_t granularity_bytes);
  ~BlockAllocator();
  BlockAllocator(const BlockAllocator &) = delete;
  BlockAllocator &operator=(const BlockAllocator &) = delete;

  // alignment_bytes: 0 or a power of two; applies to the address lead_bytes after the block's start. lead_bytes: a
  // multiple of the granularity. Nothing: no free range is large enough. Any thread.
  std::optional<Block> allocate(std::uint64_t size_bytes, std::uint64_t alignment_bytes, std::uint64_t lead_bytes = 0);
  void release(const Block &block);
  bool would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes, std::uint64_t lead_bytes = 0);
  void clear();  // frees everything
  // Calls visit(Block) for each free range. The part of the last range that was not allocated since the last visit is
  // left out. Nothing is allocated meanwhile.
  template <typename Visit>
  void visit_released(Visit &&visit) {
    const std::lock_guard lock(mutex_);
    for (const Range &range : offsets_) {
      if (range.offset >= used_end_) return;
      visit(Block{range.offset, std::min(range.end(), used_end_) - range.offset});
      if (range.end() == capacity_) used_end_ = range.offset;
    }
  }

  std::uint64_t capacity_bytes() const { return capacity_; }
  std::uint64_t free_bytes() const;

 private:
  using ByOffset = boost::intrusive::set_base_hook<boost::intrusive::tag<struct OffsetTag>>;
  using BySize = boost::intrusive::set_base_hook<boost::intrusive::tag<struct SizeTag>>;
  // A free range, in both sets.
  struct Range : ByOffset, BySize {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    Range *next_spare = nullptr;

    std::uint64_t end() const noexcept { return offset + size; }
  };
  struct OffsetOf {
    using type = std::uint64_t;
    type operator()(const Range &range) const noexcept { return range.offset; }
  };
  struct SizeOf {
    using type = std::pair<std::uint64_t, std::uint64_t>;
    type operator()(const Range &range) const noexcept { return {range.size, range.offset}; }
  };

  struct Place {
    Range *range;
    Block block;
  };

  std::optional<Place> find(std::uint64_t size_bytes, std::uint64_t alignment_bytes, std::uint64_t lead_bytes);
  std::uint64_t rounded(std::uint64_t size_bytes) const;
  Range *take_spare();
  void insert(Range *range, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
  void resize(Range &range, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
  void remove(Range &range) noexcept;

  const std::uint64_t capacity_;
  const std::uint64_t granularity_;
  mutable std::mutex mutex_;
  boost::intrusive::set<Range, boost::intrusive::base_hook<ByOffset>, boost::intrusive::key_of_value<OffsetOf>>
      offsets_;
  boost::intrusive::set<Range, boost::intrusive::base_hook<BySize>, boost::intrusive::key_of_value<SizeOf>> sizes_;
  Range *spare_ = nullptr;  // unused Range objects, kept for reuse
  std::uint64_t free_bytes_ = 0;
  std::uint64_t used_end_ = 0;  // nothing past it was allocated since the last visit
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_BLOCK_ALLOCATOR_HPP_
