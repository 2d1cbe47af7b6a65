// SPDX-License-Identifier: Apache-2.0
//
// Hands out ranges of one large piece of memory: best fit, neighbours joined. It never touches the memory itself.
#ifndef HAL_PLUGINS_SIM_HOST_BLOCK_ALLOCATOR_HPP_
#define HAL_PLUGINS_SIM_HOST_BLOCK_ALLOCATOR_HPP_

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
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

  // alignment: 0 or a power of two. Nothing: no free range is large enough. Any thread.
  std::optional<Block> allocate(std::uint64_t size_bytes, std::uint64_t alignment_bytes);
  void release(const Block &block);
  bool would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes) const;
  void clear();  // everything is free again

  std::uint64_t capacity_bytes() const { return capacity_; }
  std::uint64_t free_bytes() const;

 private:
  std::optional<Block> find(std::uint64_t size_bytes, std::uint64_t alignment_bytes) const;
  std::uint64_t rounded(std::uint64_t size_bytes) const;
  void insert(std::uint64_t offset, std::uint64_t size_bytes);
  void erase(std::map<std::uint64_t, std::uint64_t>::iterator range);

  const std::uint64_t capacity_;
  const std::uint64_t granularity_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> free_;                   // offset → size
  std::set<std::pair<std::uint64_t, std::uint64_t>> free_sizes_;  // (size, offset)
  std::uint64_t free_bytes_ = 0;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_BLOCK_ALLOCATOR_HPP_
