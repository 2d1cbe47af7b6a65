// SPDX-License-Identifier: Apache-2.0
//
// Tests of copies, fills, streams and tickets.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

std::vector<std::uint8_t> numbered(std::size_t size, unsigned factor) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * factor + 1);
  return bytes;
}

class Copies : public Conformance {};

TEST_F(Copies, AreExactForOddSizesAndOffsets) {
  constexpr std::size_t kSize = 5002;
  const Memory memory = allocate(HAL_MEM_DEVICE, kSize);
  const Memory other = allocate(HAL_MEM_DEVICE, kSize);
  std::vector<std::uint8_t> model(kSize, 0xaa);
  std::vector<std::uint8_t> model_of_other(kSize, 0x55);
  const auto source = numbered(kSize, 13);
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(hal_fill(own_, memory, 0, kSize, 0xaa, nullptr)));
  ASSERT_TRUE(ok(hal_fill(own_, other, 0, kSize, 0x55, nullptr)));
  for (const std::size_t size : {1, 2, 3, 7, 63, 64, 65, 127, 1000, 2049}) {
    for (const std::size_t offset : {0, 1, 63, 64, 1023, 2950}) {
      ASSERT_TRUE(ok(hal_copy_to_device(own_, memory, offset, source.data() + size, size, nullptr)));
      std::copy_n(source.data() + size, size, model.data() + offset);
      ASSERT_TRUE(ok(hal_copy_on_device(own_, other, offset / 2, memory, offset, size, nullptr)));
      std::copy_n(model.data() + offset, size, model_of_other.data() + offset / 2);
      ASSERT_TRUE(ok(hal_fill(own_, memory, offset + size, 3, static_cast<std::uint8_t>(size), &ticket)));
      std::fill_n(model.data() + offset + size, 3, static_cast<std::uint8_t>(size));
    }
  }
  std::vector<std::uint8_t> back(kSize);
  read(back.data(), memory, 0, kSize);
  EXPECT_EQ(back, model);
  read(back.data(), other, 0, kSize);
  EXPECT_EQ(back, model_of_other);
  std::vector<std::uint8_t> part(100, 0xfe);
  read(part.data() + 1, memory, 4901, 98);
  EXPECT_TRUE(std::equal(part.begin() + 1, part.end() - 1, model.begin() + 4901));
  EXPECT_EQ(part.front(), 0xfe);
  EXPECT_EQ(part.back(), 0xfe);
}

TEST_F(Copies, OfLargeAmountsArrive) {
  constexpr std::size_t kSize = (8 << 20) + 3;
  const Memory memory = allocate(HAL_MEM_DEVICE, kSize + 5);
  const auto source = numbered(kSize, 31);
  write(memory, 5, source.data(), kSize);
  std::vector<std::uint8_t> back(kSize);
  read(back.data(), memory, 5, kSize);
  EXPECT_EQ(back, source);
}

TEST_F(Copies, FromAndToPinnedMemoryArrive) {
  if (!has(HAL_MEM_HOST_PINNED)) GTEST_SKIP() << "no HOST_PINNED memory";
  const Memory pinned = allocate(HAL_MEM_HOST_PINNED, kPage);
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  const auto source = numbered(kPage, 17);
  std::copy(source.begin(), source.end(), pinned.host<std::uint8_t>());
  write(device, 0, pinned.host<void>(), kPage);
  std::fill_n(pinned.host<std::uint8_t>(), kPage, std::uint8_t{0});
  read(pinned.host<void>(), device, 0, kPage);
  EXPECT_TRUE(std::equal(source.begin(), source.end(), pinned.host<std::uint8_t>()));
}

TEST_F(Copies, WithinOneAllocationMayNotOverlapOrDoAsMemmove) {
  const Memory memory = allocate(HAL_MEM_DEVICE, 256);
  const auto source = numbered(256, 1);
  write(memory, 0, source.data(), 256);
  std::uint64_t ticket = 0;
  const hal_status_t status = hal_copy_on_device(own_, memory, 10, memory, 0, 200, &ticket);
  auto model = source;
  if (status == HAL_OK) {
    wait(ticket);
    std::copy_n(source.begin(), 200, model.begin() + 10);
  } else {
    EXPECT_EQ(status, HAL_ERR_INVALID_ARGUMENT) << last_failure();
  }
  std::vector<std::uint8_t> back(256);
  read(back.data(), memory, 0, 256);
  EXPECT_EQ(back, model);
}

class Streams : public Conformance {};

TEST_F(Streams, RunCopiesAndLaunchesInTheOrderOfSubmission) {
  const Executable executable(device_, object("basics"));
  const Stream made(device_);
  for (const hal_stream_t stream : {own_, hal_stream_t{made}}) {
    const Memory x = allocate(HAL_MEM_DEVICE, 64);
    std::vector<std::uint64_t> source(100);
    std::vector<std::uint64_t> seen(100);
    std::vector<std::uint64_t> expected(100);
    std::uint64_t ticket = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      source[i] = i;
      ASSERT_TRUE(ok(hal_copy_to_device(stream, x, 0, &source[i], 8, nullptr)));
      ASSERT_TRUE(ok(Launch(executable["affine"]).mem(x).scalar(std::uint64_t{3}).scalar(i).on(stream).submit()));
      ASSERT_TRUE(ok(
          Launch(executable["affine"]).mem(x).scalar(std::uint64_t{5}).scalar(std::uint64_t{1}).on(stream).submit()));
      ASSERT_TRUE(ok(hal_copy_from_device(stream, &seen[i], x, 0, 8, &ticket)));
      expected[i] = (i * 3 + i) * 5 + 1;
    }
    wait(ticket, stream);
    EXPECT_EQ(seen, expected);
  }
}

TEST_F(Streams, GiveTicketsThatIncrease) {
  const Memory memory = allocate(HAL_MEM_DEVICE, 64);
  const Stream first(device_);
  const Stream second(device_);
  for (const hal_stream_t stream : {hal_stream_t{first}, hal_stream_t{second}, own_}) {
    std::uint64_t last = 0;
    for (int i = 0; i < 3000; ++i) {
      std::uint64_t ticket = 0;
      ASSERT_TRUE(ok(hal_fill(stream, memory, 0, 64, 1, &ticket)));
      ASSERT_GT(ticket, last);
      last = ticket;
    }
    wait(last, stream);
    wait(last, stream);  // as often as one likes
    std::uint64_t completed = 0;
    ASSERT_TRUE(ok(hal_stream_query(stream, &completed)));
    EXPECT_EQ(completed, last);
  }
  EXPECT_TRUE(ok(hal_device_wait(device_, kPatienceNs)));
}

TEST_F(Streams, AreWaitedForTogetherByTheDevice) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Stream a(device_);
  const Stream b(device_);
  for (int i = 0; i < 50; ++i) {
    for (const hal_stream_t stream : {hal_stream_t{a}, hal_stream_t{b}, hal_stream_t{nullptr}}) {
      ASSERT_TRUE(ok(Launch(executable["bump"]).mem(counter).on(stream).blocks(2).submit()));
    }
  }
  ASSERT_TRUE(ok(hal_device_wait(device_, kPatienceNs)));
  EXPECT_EQ(*counter.host<std::uint64_t>(), 300U);
}

TEST_F(Streams, CanBeManyOneAfterTheOther) {
  const Memory memory = allocate(HAL_MEM_DEVICE, 64);
  for (int i = 0; i < 600; ++i) {
    const Stream stream(device_);
    std::uint64_t ticket = 0;
    ASSERT_TRUE(ok(hal_fill(stream, memory, 0, 64, 1, &ticket)));
    wait(ticket, stream);
  }
}

TEST_F(Streams, OfTheDeviceItselfTakeSubmitsFromSeveralThreads) {
  const Executable executable(device_, object("basics"));
  const hal_kernel_t bump = executable["bump"];
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  constexpr std::uint64_t kRounds = 500;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::uint64_t>> tickets(4);
  for (auto &mine : tickets) {
    threads.emplace_back([&] {
      const Memory scratch = allocate(HAL_MEM_DEVICE, 64);
      for (std::uint64_t i = 0; i < kRounds; ++i) {
        mine.push_back(Launch(bump).mem(counter).ticket());
        std::uint64_t ticket = 0;
        ASSERT_TRUE(ok(hal_fill(nullptr, scratch, 0, 64, 1, &ticket)));
        ASSERT_GT(ticket, mine.back());
        if (i % 50 == 0) wait(ticket);
        if (i + 1 == kRounds) wait(ticket);
      }
    });
  }
  for (auto &thread : threads) thread.join();
  EXPECT_EQ(*counter.host<std::uint64_t>(), 4 * kRounds);
  std::vector<std::uint64_t> all;
  for (const auto &mine : tickets) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << "a ticket was returned twice";
}

TEST_F(Streams, WakeEveryWaiter) {
  Held held(device_, object("basics"));
  std::atomic<int> waiting{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ++waiting;
      EXPECT_TRUE(ok(hal_stream_wait(own_, held.ticket(), kPatienceNs)));
    });
  }
  EXPECT_TRUE(eventually([&] { return waiting == 4; }));
  held.let_go();
  for (auto &thread : threads) thread.join();
}

TEST_F(Streams, TakeThousandsOfLaunchesWithoutGrowing) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  run(Launch(executable["bump"]).mem(counter));
  const Audit audit(device_);
  for (int i = 1; i < 10'000; ++i) {
    if (i % 100 == 0) {
      run(Launch(executable["bump"]).mem(counter));
    } else {
      ASSERT_TRUE(ok(Launch(executable["bump"]).mem(counter).submit()));
    }
  }
  ASSERT_TRUE(ok(hal_device_wait(device_, kPatienceNs)));
  EXPECT_EQ(*counter.host<std::uint64_t>(), 10'000U);
  EXPECT_TRUE(audit.unchanged());
}

}  // namespace
}  // namespace hal::conformance
