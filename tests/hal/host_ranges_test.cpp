// SPDX-License-Identifier: Apache-2.0
#include "objects/host_ranges.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace hal::core {
namespace {

struct Range : HostRange {
  Range(std::uint64_t first, std::uint64_t bytes) {
    start = first;
    size = bytes;
  }
};

TEST(HostRanges, AUsedRangeIsTakenUntilItIsRemoved) {
  HostRanges ranges;
  Range first(0x1000, 0x2000);
  ASSERT_FALSE(ranges.reserve(first));
  EXPECT_FALSE(ranges.overlap(0x1000, 1)) << "the backend may still refuse it";
  ASSERT_FALSE(ranges.enter(first));
  Range second(0x2000, 0x2000);
  const auto other = ranges.reserve(second);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->start, 0x1000u);
  EXPECT_EQ(other->size, 0x2000u);
  EXPECT_FALSE(second.is_pending());
  EXPECT_TRUE(ranges.enter(second));
  ranges.remove(first);
  EXPECT_FALSE(ranges.enter(second));
  ranges.remove(second);
}

TEST(HostRanges, AnAllocationDoesNotWaitForAPendingRange) {
  HostRanges ranges;
  Range pending(0, 1 << 30);
  Range allocation(0x1000, 0x1000);
  ASSERT_FALSE(ranges.reserve(pending));
  ASSERT_FALSE(ranges.enter(allocation));
  EXPECT_TRUE(ranges.enter(pending)) << "the allocation came first";
  ranges.remove(pending);
  ranges.remove(allocation);
}

TEST(HostRanges, ARangeThatIsBeingReleasedIsWaitedFor) {
  HostRanges ranges;
  Range old(0x1000, 0x1000);
  ASSERT_FALSE(ranges.enter(old));
  ranges.leave(old);
  Range fresh(0x1000, 0x1000);
  std::atomic<bool> released{false};
  std::thread thread([&] {
    EXPECT_FALSE(ranges.reserve(fresh));
    EXPECT_TRUE(released);
  });
  released = true;
  ranges.remove(old);
  thread.join();
  ranges.remove(fresh);
}

TEST(HostRanges, OneOfManyThreadsHasARange) {
  HostRanges ranges;
  std::atomic<int> owner[8] = {};
  std::vector<std::thread> threads;
  for (int index = 0; index < 4; ++index)
    threads.emplace_back([&, index] {
      for (int i = 0; i < 5000; ++i) {
        const int first = (i * 7 + index) % 8;
        const int last = first + (i * 3 + index) % (8 - first);
        Range range(0x1000 + first, last - first + 1);
        if (ranges.reserve(range)) continue;
        if (i % 4 != 0) {
          EXPECT_FALSE(ranges.enter(range));
          for (int at = first; at <= last; ++at) EXPECT_EQ(owner[at]++, 0);
          for (int at = first; at <= last; ++at) --owner[at];
          ranges.leave(range);
        }
        ranges.remove(range);
      }
    });
  for (std::thread &thread : threads) thread.join();
  EXPECT_FALSE(ranges.overlap(0x1000, 8));
}

}  // namespace
}  // namespace hal::core
