// SPDX-License-Identifier: Apache-2.0
//
// Kills the device process at each kill point: no wait hangs, and no process is left.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "fake_host.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::test {
namespace {

constexpr std::uint64_t kPatienceNs = 5'000'000'000;

class Death : public SimTest, public ::testing::WithParamInterface<const char *> {
 protected:
  void TearDown() override {
    SimTest::TearDown();
    siginfo_t info = {};
    EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1) << "a child process is left";
    EXPECT_EQ(errno, ECHILD);
  }

  // The statuses of all calls that use the device. Several threads wait for tickets at the same time.
  std::vector<hal_status_t> work() {
    std::vector<hal_status_t> statuses;
    const auto keep = [&](hal_status_t status) {
      statuses.push_back(status);
      return status == HAL_OK;
    };
    stream_ = nullptr;
    executable_ = nullptr;
    if (!keep(ops_->stream_create(device_, 0, &stream_))) return statuses;
    std::ifstream file(HAL_TEST_KERNELS, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (!keep(ops_->executable_load(device_, bytes.data(), bytes.size(), "kernels", &executable_))) return statuses;
    hal_kernel_info_t info = {};
    hal_pkernel_t empty = nullptr;
    if (!keep(ops_->kernel_find(device_, executable_, "empty", &empty, &info))) return statuses;
    std::vector<std::uint64_t> tickets;
    for (int i = 0; i < 4; ++i) {
      const hal_launch_v1_t desc = {.struct_size = sizeof(hal_launch_v1_t),
                                    .block_count = 3,
                                    .kernel = empty,
                                    .convention = HAL_CONVENTION_ARGS_ARRAY,
                                    .arg_count = 0,
                                    .engine = HAL_ENGINE_AIV,
                                    .timeout_ns = UINT64_MAX,
                                    .tag = "",
                                    .args = nullptr,
                                    .words = nullptr,
                                    .sizes_bytes = nullptr};
      std::uint64_t ticket = 0;
      if (!keep(ops_->launch(device_, stream_, &desc, &ticket))) break;
      tickets.push_back(ticket);
    }
    std::vector<hal_status_t> waited(tickets.size());
    std::vector<std::thread> waiters;
    for (std::size_t i = 0; i < tickets.size(); ++i)
      waiters.emplace_back([&, i] { waited[i] = wait(tickets[i], kPatienceNs); });
    for (std::thread &waiter : waiters) waiter.join();
    statuses.insert(statuses.end(), waited.begin(), waited.end());
    return statuses;
  }

  // The first call after a kill of an idle device may still succeed, so this makes several calls.
  bool is_found_lost() {
    hal_pstream_t stream = nullptr;
    for (int i = 0; i < 2; ++i) {
      hal_mem_desc_t desc = {};
      desc.struct_size = sizeof desc;
      desc.kind = HAL_MEM_DEVICE;
      desc.size_bytes = 64;
      hal_pmem_t mem = nullptr;
      hal_pmem_info_v1_t info = {};
      if (ops_->mem_alloc(device_, &desc, &mem, &info) == HAL_ERR_DEVICE_LOST) return true;
    }
    return ops_->stream_create(device_, 0, &stream) == HAL_ERR_DEVICE_LOST;
  }
};

TEST_P(Death, MakesEveryCallFailWithDeviceLostUntilAReset) {
  host_.kill_at[GetParam()] = UINT64_MAX;
  const hal_status_t reset = ops_->device_reset(device_);
  if (reset != HAL_OK) {
    EXPECT_EQ(reset, HAL_ERR_UNAVAILABLE) << host_.message;
    EXPECT_NE(host_.message.find("signal 9"), std::string::npos) << host_.message;
  }
  bool died = reset != HAL_OK;
  for (int round = 0; round < 100 && !died; ++round) {
    for (const hal_status_t status : work()) {
      EXPECT_TRUE(status == HAL_OK || status == HAL_ERR_DEVICE_LOST) << status << " " << host_.message;
      died = died || status == HAL_ERR_DEVICE_LOST;
    }
  }
  EXPECT_TRUE(died) << "never reached: " << GetParam();
  EXPECT_TRUE(is_found_lost());
  host_.kill_at.clear();
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  for (const hal_status_t status : work()) EXPECT_EQ(status, HAL_OK) << host_.message;
}

std::string name_of(const ::testing::TestParamInfo<const char *> &info) {
  const std::string site = info.param;
  return site.substr(site.find('.') + 1);
}

INSTANTIATE_TEST_SUITE_P(Points, Death, ::testing::ValuesIn(wire::kKillPointSites), name_of);

class DeathByNumber : public Death {};

TEST_P(DeathByNumber, HappensAtThatNumberAndNotAgainInTheNextProcess) {
  if (::testing::UnitTest::GetInstance()->test_to_run_count() != 1)
    GTEST_SKIP() << "the counts belong to this process: run this test alone";
  host_.kill_at["sim.block_start"] = 5;
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  const std::vector<hal_status_t> statuses = work();  // four launches of three blocks
  ASSERT_EQ(statuses.size(), 3u + 4u + 4u);
  EXPECT_EQ(statuses[7], HAL_OK) << "blocks 1 to 3";
  for (std::size_t i = 8; i < statuses.size(); ++i) EXPECT_EQ(statuses[i], HAL_ERR_DEVICE_LOST);
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  for (const hal_status_t status : work())
    EXPECT_EQ(status, HAL_OK) << "the fifth block start was before the reset: " << host_.message;
}

INSTANTIATE_TEST_SUITE_P(Points, DeathByNumber, ::testing::Values("sim.block_start"), name_of);

TEST_F(Death, OfAProcessWakesAllSleepingWaiters) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t first = launch("wait_for_flag", 1, {info.device_addr});
  launch("empty", 1, {});
  const std::uint64_t last = launch("empty", 1, {});
  std::vector<std::thread> waiters;
  std::vector<hal_status_t> statuses(6);
  for (std::size_t i = 0; i < statuses.size(); ++i)
    waiters.emplace_back([&, i] { statuses[i] = wait(i % 2 == 0 ? first : last, kPatienceNs); });
  ASSERT_EQ(kill(static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)), SIGKILL), 0);
  for (std::thread &waiter : waiters) waiter.join();
  for (const hal_status_t status : statuses) EXPECT_EQ(status, HAL_ERR_DEVICE_LOST);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

}  // namespace
}  // namespace hal::sim::test
