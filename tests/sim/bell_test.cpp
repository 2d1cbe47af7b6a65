// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/bell.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hal::sim::wire {
namespace {

constexpr std::uint64_t kHangNs = 60'000'000'000;  // then it hangs

TEST(Bell, RingingWithNobodyAsleepSaysSo) {
  Bell bell{};
  EXPECT_FALSE(bell.ring());
  EXPECT_FALSE(bell.ring_at(UINT64_MAX));
  EXPECT_EQ(bell.rings, 0u);
}

TEST(Bell, ASleeperIsNotWokenBeforeWhatItWaitsFor) {
  Bell bell{};
  std::atomic<bool> rang{false};
  std::thread sleeper([&] { rang = bell.sleep([] { return false; }, kHangNs, 10); });
  while (bell.asleep == 0) std::this_thread::yield();
  EXPECT_FALSE(bell.ring_at(9));
  EXPECT_NE(bell.asleep, 0u) << "it still wants to be woken";
  EXPECT_TRUE(bell.ring_at(10));
  sleeper.join();
  EXPECT_TRUE(rang);
}

TEST(Bell, TheFirstOfSeveralSleepersCounts) {
  Bell bell{};
  std::vector<std::thread> sleepers;
  for (const std::uint64_t at : {30, 10}) {
    sleepers.emplace_back([&bell, at] { EXPECT_TRUE(bell.sleep([] { return false; }, kHangNs, at)); });
    while (bell.asleep != ~at) std::this_thread::yield();
  }
  EXPECT_FALSE(bell.ring_at(9));
  EXPECT_TRUE(bell.ring_at(10));  // wakes both; in life the other one looks and sleeps again
  for (std::thread &sleeper : sleepers) sleeper.join();
}

TEST(Bell, ASleeperWithoutANumberIsWokenByAny) {
  Bell bell{};
  std::thread sleeper([&] { EXPECT_TRUE(bell.sleep([] { return false; }, kHangNs)); });
  while (bell.asleep == 0) std::this_thread::yield();
  EXPECT_TRUE(bell.ring_at(1));
  sleeper.join();
}

TEST(Bell, SleepEndsWithItsTimeLimitAndSaysThatNobodyRang) {
  Bell bell{};
  EXPECT_FALSE(bell.sleep([] { return false; }, 1'000'000));
}

// Two sides hand a number to and fro, each waiting for an odd or an even one, with nothing but the bell to wake them.
TEST(Bell, NoRingIsLostBetweenTheLastLookAndSleep) {
  constexpr std::uint64_t kRounds = 20'000;
  Bell here{};
  Bell there{};
  std::atomic<std::uint64_t> count{0};
  const auto play = [&](Bell &own, Bell &other, std::uint64_t parity) {
    for (std::uint64_t turn = parity; turn < kRounds; turn += 2) {
      const auto mine = [&] { return count.load(std::memory_order_acquire) == turn; };
      while (!mine()) EXPECT_TRUE(own.sleep(mine, kHangNs, turn) || mine()) << "turn " << turn;
      count.store(turn + 1, std::memory_order_release);
      other.ring_at(turn + 1);
    }
  };
  std::thread second([&] { play(there, here, 1); });
  play(here, there, 0);
  second.join();
  EXPECT_EQ(count, kRounds);
}

}  // namespace
}  // namespace hal::sim::wire
