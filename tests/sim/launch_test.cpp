// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>
#include <vector>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

constexpr std::uint64_t kHangNs = 60'000'000'000;  // a longer wait is a hang

class LaunchTest : public SimTest, public ::testing::WithParamInterface<const char *> {
 protected:
  void SetUp() override {
    host_.options["PROCESS"] = GetParam();
    host_.options["WORKERS"] = "3";
    open();
  }
  void expect_to_meet(const hal_pmem_info_v1_t &mem);
};

TEST_P(LaunchTest, EveryBlockRunsExactlyOnceWithItsOwnArguments) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4 * 65'535, info);
  auto *counters = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (const std::uint32_t blocks : {1u, 2u, 3u, 48u, 1024u, 65'535u}) {
    for (std::uint32_t i = 0; i < 65'535; ++i) counters[i] = 0;
    ASSERT_EQ(wait(launch("count_blocks", blocks, {info.device_addr})), HAL_OK) << host_.message;
    for (std::uint32_t i = 0; i < 65'535; ++i) ASSERT_EQ(counters[i], i < blocks ? 1u : 0u) << blocks << " at " << i;
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, LongBlocksAreSharedAmongWorkersAndAllRunOnce) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  auto *counters = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (std::uint32_t round = 1; round <= 50; ++round) {
    ASSERT_EQ(wait(launch("busy_blocks", 64, {info.device_addr, 20'000})), HAL_OK);
    for (int i = 0; i < 64; ++i) ASSERT_EQ(counters[i], round);
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, AKernelMayUseTheWholeCxxLibrary) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  auto *good = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  ASSERT_EQ(wait(launch("uses_cxx_library", 48, {info.device_addr, 1'000})), HAL_OK) << host_.message;
  for (int block = 0; block < 48; ++block) EXPECT_EQ(good[block], 1u) << block;
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, ABlockThatOverwritesItsArgumentsDoesNotChangeTheNext) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4 * 1024, info);
  auto *good = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    // A launch with more words comes first: the words that it used must be zero again.
    ASSERT_EQ(wait(launch("empty", 3, std::vector<std::uint64_t>(32, 7))), HAL_OK) << host_.message;
    ASSERT_EQ(wait(launch("scribble", 1024, {info.device_addr, 42})), HAL_OK) << host_.message;
    for (int i = 0; i < 1024; ++i) ASSERT_EQ(good[i], round) << "block " << i;
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

// Each kernel overwrites arguments that the next launch must not see.
TEST_P(LaunchTest, KernelsThatOverwriteTheirArgumentsMayAlternate) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4 * 1024, info);
  auto *good = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (std::uint32_t round = 1; round <= 4; ++round) {
    ASSERT_EQ(wait(launch("scribble", 64, {info.device_addr, 42})), HAL_OK) << host_.message;
    ASSERT_EQ(wait(launch("overwrite_in_one_block", 64, {info.device_addr})), HAL_OK) << host_.message;
    ASSERT_EQ(wait(launch("overwrite_in_one_block", 4, {info.device_addr})), HAL_OK) << host_.message;
    for (int i = 0; i < 64; ++i) ASSERT_EQ(good[i], round * (i < 4 ? 3 : 2)) << "block " << i;
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

TEST_P(LaunchTest, AResetWithALoadedObjectClosesItsDescriptors) {
  const std::ptrdiff_t before = open_descriptors();
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(wait(launch("empty", 4, {})), HAL_OK) << host_.message;
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    ops_->device_close(device_);
    open();
    EXPECT_EQ(open_descriptors(), before) << "after round " << round;
  }
}

// Launches two blocks that wait for each other. If they do not meet in time, this ends them.
void LaunchTest::expect_to_meet(const hal_pmem_info_v1_t &mem) {
  auto *flags = static_cast<std::atomic<std::uint32_t> *>(mem.host_ptr);
  flags[0] = flags[1] = 0;
  const std::uint64_t ticket = launch("meet_if", 2, {mem.device_addr, 1});
  EXPECT_EQ(wait(ticket, kHangNs), HAL_OK) << host_.message;
  flags[0] = flags[1] = 1;
  ASSERT_EQ(wait(ticket), HAL_OK);
}

TEST_P(LaunchTest, TwoLongBlocksOfANewKernelRunAtTheSameTime) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  expect_to_meet(info);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, TwoBlocksOfAKernelThatWasShortBeforeRunAtTheSameTime) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) ASSERT_EQ(wait(launch("meet_if", 2, {info.device_addr, 0})), HAL_OK);
    expect_to_meet(info);
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, QueriesAloneWakeWorkersForBlocksThatWaitForEachOther) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  auto *flags = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(wait(launch("meet_if", 2, {info.device_addr, 0})), HAL_OK);
  const std::uint64_t ticket = launch("meet_if", 2, {info.device_addr, 1});
  const auto limit = std::chrono::steady_clock::now() + std::chrono::nanoseconds(kHangNs);
  std::uint64_t completed = 0;
  while (completed < ticket && std::chrono::steady_clock::now() < limit)
    ASSERT_EQ(ops_->stream_query(device_, stream_, &completed), HAL_OK);
  EXPECT_EQ(completed, ticket) << "no worker was woken";
  flags[0] = flags[1] = 1;
  ASSERT_EQ(wait(ticket), HAL_OK);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

// Workers that are woken for a long launch may arrive after its end, when short launches with other words follow.
TEST_P(LaunchTest, WorkersThatArriveLateRunNoBlockTwice) {
  constexpr std::uint32_t kLaunches = 64;
  constexpr std::uint32_t kBlocks = 32;
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4 * kLaunches * kBlocks, info);
  auto *counters = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  for (std::uint32_t round = 1; round <= 60; ++round) {
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i < kLaunches; ++i) {
      const std::uint64_t where = info.device_addr + 4 * std::uint64_t{kBlocks} * i;
      const std::uint64_t steps = i % 7 == 0 ? 10'000 : i % 5;
      last = launch(i % 2 == 0 ? "busy_blocks" : "count_blocks", 1 + (i * 5 + round) % kBlocks, {where, steps});
      if (i % 9 == 0) {
        ASSERT_EQ(wait(last), HAL_OK);
      }
    }
    ASSERT_EQ(wait(last), HAL_OK);
    for (std::uint32_t i = 0; i < kLaunches * kBlocks; ++i) {
      const bool ran = i % kBlocks < 1 + (i / kBlocks * 5 + round) % kBlocks;
      ASSERT_EQ(counters[i].exchange(0), ran ? 1u : 0u) << "launch " << i / kBlocks << ", block " << i % kBlocks;
    }
  }
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, SleepingWaitersOfEachTicketAreWokenInALongQueue) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  std::atomic<int> good{0};
  for (int round = 0; round < 20; ++round) {
    std::vector<std::uint64_t> tickets;
    for (int i = 0; i < 200; ++i) tickets.push_back(launch("busy_blocks", 2, {info.device_addr, 2'000}));
    std::vector<std::thread> waiters;
    for (const std::size_t i : {0u, 99u, 198u, 199u})
      waiters.emplace_back([&, i] { good += wait(tickets[i]) == HAL_OK ? 1 : 0; });
    for (std::thread &waiter : waiters) waiter.join();
  }
  EXPECT_EQ(good, 80);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, MoreLaunchesThanTheRingHasSlotsRunInOrder) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  std::uint64_t last = 0;
  for (int i = 0; i < 5'000; ++i) {
    const std::uint64_t ticket = launch("add_one", 1, {info.device_addr});
    ASSERT_EQ(ticket, last + 1);
    last = ticket;
  }
  ASSERT_EQ(wait(last), HAL_OK);
  EXPECT_EQ(*static_cast<std::uint32_t *>(info.host_ptr), 5'000u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, AWaitThatTimesOutNamesTheTicket) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  auto *flag = static_cast<std::atomic<std::uint32_t> *>(info.host_ptr);
  const std::uint64_t ticket = launch("wait_for_flag", 1, {info.device_addr});
  EXPECT_EQ(wait(ticket, 0), HAL_ERR_TIMEOUT);
  EXPECT_EQ(wait(ticket, 2'000'000), HAL_ERR_TIMEOUT);
  EXPECT_NE(host_.message.find("ticket " + std::to_string(ticket)), std::string::npos) << host_.message;
  flag[0] = 1;
  EXPECT_EQ(wait(ticket), HAL_OK);
  EXPECT_EQ(flag[1], 2u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, SeveralThreadsMayWaitForOneTicketThatEndsLate) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t ticket = launch("wait_for_flag", 1, {info.device_addr});
  std::atomic<int> good{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) waiters.emplace_back([&] { good += wait(ticket) == HAL_OK ? 1 : 0; });
  static_cast<std::atomic<std::uint32_t> *>(info.host_ptr)[0] = 1;
  for (std::thread &waiter : waiters) waiter.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_P(LaunchTest, ConventionCPassesEachTypeInItsOwnRegister) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::vector<std::uint64_t> words = {info.device_addr,
                                            std::bit_cast<std::uint32_t>(1.5f),
                                            static_cast<std::uint8_t>(-3),
                                            0,
                                            60'000,
                                            std::bit_cast<std::uint64_t>(std::int64_t{-5'000'000'000}),
                                            std::bit_cast<std::uint32_t>(0.25f),
                                            static_cast<std::uint32_t>(-7),
                                            200,
                                            0};
  const std::uint8_t dtypes[] = {0,
                                 HAL_DTYPE_F32,
                                 HAL_DTYPE_I8,
                                 HAL_DTYPE_F32,
                                 HAL_DTYPE_U16,
                                 HAL_DTYPE_I64,
                                 HAL_DTYPE_F32,
                                 HAL_DTYPE_I32,
                                 HAL_DTYPE_U8,
                                 HAL_DTYPE_F32};
  std::vector<hal_arg_t> args(words.size());
  for (std::size_t i = 0; i < args.size(); ++i) {
    args[i].type = i == 0 ? HAL_ARG_ADDR : HAL_ARG_SCALAR;
    args[i].dtype = dtypes[i];
  }
  const std::vector<std::uint64_t> sizes(words.size());
  hal_launch_v1_t launch = {};
  launch.struct_size = sizeof launch;
  launch.block_count = 1;
  launch.kernel = kernel("scaled_sum");
  launch.convention = HAL_CONVENTION_C;
  launch.arg_count = static_cast<std::uint32_t>(words.size());
  launch.engine = HAL_ENGINE_AICPU;
  launch.timeout_ns = UINT64_MAX;
  launch.tag = "";
  launch.args = args.data();
  launch.words = words.data();
  launch.sizes_bytes = sizes.data();
  std::uint64_t ticket = 0;
  ASSERT_EQ(ops_->launch(device_, stream_, &launch, &ticket), HAL_OK) << host_.message;
  ASSERT_EQ(wait(ticket), HAL_OK);
  EXPECT_EQ(*static_cast<double *>(info.host_ptr), 1.5 - 3 + 60'000 - 5e9 + 0.25 - 7 + 200);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

INSTANTIATE_TEST_SUITE_P(Hosts, LaunchTest, ::testing::Values("1", "0"),
                         [](const auto &info) { return info.param[0] == '1' ? "Process" : "Threads"; });

}  // namespace
}  // namespace hal::sim::test
