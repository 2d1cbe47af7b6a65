// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/doorbell.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hal::sim::wire {
namespace {

constexpr std::uint64_t kHangNs = 60'000'000'000;  // a longer wait is a hang

TEST(Doorbell, RingingReturnsFalseIfNobodySleeps) {
  Doorbell doorbell{};
  EXPECT_FALSE(doorbell.ring());
  EXPECT_FALSE(doorbell.ring_at(UINT64_MAX));
  EXPECT_EQ(doorbell.rings, 0u);
}

TEST(Doorbell, ASleeperIsNotWokenBeforeItsNumber) {
  Doorbell doorbell{};
  std::atomic<bool> rang{false};
  std::thread sleeper([&] { rang = doorbell.sleep([] { return false; }, kHangNs, 10); });
  while (doorbell.sleepers == 0) std::this_thread::yield();
  EXPECT_FALSE(doorbell.ring_at(9));
  EXPECT_NE(doorbell.sleepers, 0u) << "the sleeper is still waiting";
  EXPECT_TRUE(doorbell.ring_at(10));
  sleeper.join();
  EXPECT_TRUE(rang);
}

TEST(Doorbell, TheLowestNumberOfSeveralSleepersCounts) {
  Doorbell doorbell{};
  std::vector<std::thread> sleepers;
  for (const std::uint64_t at : {30, 10}) {
    sleepers.emplace_back([&doorbell, at] { EXPECT_TRUE(doorbell.sleep([] { return false; }, kHangNs, at)); });
    while (doorbell.sleepers != ~at) std::this_thread::yield();
  }
  EXPECT_FALSE(doorbell.ring_at(9));
  EXPECT_TRUE(doorbell.ring_at(10));  // wakes both; a real waiter would check and sleep again
  for (std::thread &sleeper : sleepers) sleeper.join();
}

TEST(Doorbell, ASleeperWithoutANumberIsWokenByAny) {
  Doorbell doorbell{};
  std::thread sleeper([&] { EXPECT_TRUE(doorbell.sleep([] { return false; }, kHangNs)); });
  while (doorbell.sleepers == 0) std::this_thread::yield();
  EXPECT_TRUE(doorbell.ring_at(1));
  sleeper.join();
}

TEST(Doorbell, SleepReturnsFalseAfterItsTimeLimit) {
  Doorbell doorbell{};
  EXPECT_FALSE(doorbell.sleep([] { return false; }, 1'000'000));
}

// Two sides pass a number back and forth. One waits for odd values and one for even values. Only the doorbell wakes
// them.
TEST(Doorbell, NoRingIsLostBetweenTheLastLookAndSleep) {
  constexpr std::uint64_t kRounds = 20'000;
  Doorbell here{};
  Doorbell there{};
  std::atomic<std::uint64_t> count{0};
  const auto play = [&](Doorbell &own, Doorbell &other, std::uint64_t parity) {
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
