// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/block_allocator.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hal::sim {
namespace {

TEST(BlockAllocatorTest, AFullSpaceAllocatesNothingAndStaysWhole) {
  BlockAllocator space(1024, 64);
  const auto all = space.allocate(1024, 0);
  ASSERT_TRUE(all);
  EXPECT_FALSE(space.allocate(1, 0));
  EXPECT_FALSE(space.allocate(UINT64_MAX, 0));
  space.release(*all);
  EXPECT_EQ(space.free_bytes(), 1024u);
}

TEST(BlockAllocatorTest, AlignmentIsKeptAndItsGapsStayUsable) {
  BlockAllocator space(4096, 64);
  const auto first = space.allocate(64, 0);
  const auto aligned = space.allocate(64, 1024);
  ASSERT_TRUE(first && aligned);
  EXPECT_EQ(aligned->offset % 1024, 0u);
  const auto gap = space.allocate(960, 0);
  ASSERT_TRUE(gap);
  EXPECT_LT(gap->offset, aligned->offset);
}

TEST(BlockAllocatorTest, TheAddressAfterTheLeadIsAligned) {
  BlockAllocator space(4096, 64);
  const auto first = space.allocate(192, 0, 64);
  const auto second = space.allocate(1024, 1024, 64);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->offset, 0u);
  EXPECT_EQ(second->offset, 1024u - 64);
  EXPECT_TRUE(space.would_fit(960, 1024, 64));
  EXPECT_FALSE(space.would_fit(2048 + 128, 1024, 64));
  space.release(*first);
  space.release(*second);
  EXPECT_TRUE(space.allocate(4096, 0));
}

TEST(BlockAllocatorTest, OnlyFreedRangesAreVisited) {
  BlockAllocator space(4096, 64);
  const auto visited = [&space] {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    space.visit_released([&](const Block &block) { ranges.emplace_back(block.offset, block.size_bytes); });
    return ranges;
  };
  EXPECT_TRUE(visited().empty());
  const auto first = space.allocate(64, 0);
  const auto second = space.allocate(128, 0);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(visited().empty());
  space.release(*first);
  EXPECT_EQ(visited(), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 64}}));
  space.release(*second);
  EXPECT_EQ(visited(), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 192}}));
  EXPECT_TRUE(visited().empty()) << "nothing was allocated since the last visit";
  const auto third = space.allocate(64, 0);
  ASSERT_TRUE(third);
  space.release(*third);
  EXPECT_EQ(visited(), (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 64}}));
}

TEST(BlockAllocatorTest, AThousandRandomStepsNeverOverlapAndEndWhole) {
  BlockAllocator space(1 << 20, 64);
  std::vector<bool> used(1 << 20);
  std::vector<Block> live;
  std::mt19937 random(1);
  const auto mark = [&](const Block &block, bool value) {
    for (std::uint64_t i = 0; i < block.size_bytes; ++i) {
      ASSERT_NE(used[block.offset + i], value);
      used[block.offset + i] = value;
    }
  };
  for (int step = 0; step < 1000; ++step) {
    if (random() % 3 != 0 || live.empty()) {
      const auto block = space.allocate(1 + random() % 20'000, std::uint64_t{64} << random() % 6);
      if (!block) continue;
      mark(*block, true);
      live.push_back(*block);
    } else {
      std::swap(live[random() % live.size()], live.back());
      mark(live.back(), false);
      space.release(live.back());
      live.pop_back();
    }
  }
  for (const Block &block : live) space.release(block);
  EXPECT_EQ(space.free_bytes(), 1u << 20);
  EXPECT_TRUE(space.allocate(1 << 20, 0));
}

}  // namespace
}  // namespace hal::sim
