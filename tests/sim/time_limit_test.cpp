// SPDX-License-Identifier: Apache-2.0
//
// Launches that exceed their time limit: their report, and that a busy machine does not cause timeouts.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "fake_host.hpp"
#include "sim/wire/doorbell.hpp"

namespace hal::sim::test {
namespace {

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// Threads that keep every processor busy.
class BusyMachine {
 public:
  BusyMachine() {
    for (unsigned i = 0; i < 5 * wire::usable_processors(); ++i)
      threads_.emplace_back([this] {
        while (!stop_.load(std::memory_order_relaxed)) {
        }
      });
  }
  ~BusyMachine() {
    stop_.store(true);
    for (std::thread &thread : threads_) thread.join();
  }
  BusyMachine(const BusyMachine &) = delete;
  BusyMachine &operator=(const BusyMachine &) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

class TimeLimit : public SimTest {
 protected:
  // All blocks end except one.
  void expect_deadlock_report() {
    hal_pmem_info_v1_t info = {};
    const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
    EXPECT_EQ(wait(launch("deadlock_in_block", 8, {info.device_addr, 5}, 100'000'000)), HAL_ERR_KERNEL_TIMEOUT);
    EXPECT_TRUE(contains(host_.message, "kernel deadlock_in_block of kernels")) << host_.message;
    EXPECT_TRUE(contains(host_.message, "still running: block 5 in ")) << host_.message;
    EXPECT_TRUE(contains(host_.message, "called from wait_for_ever(")) << host_.message;
    EXPECT_FALSE(contains(host_.message, "block 4")) << host_.message;
    EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
  }
};

TEST_F(TimeLimit, ASleepingDeadlockIsReportedWithItsBlockAndFunction) { expect_deadlock_report(); }

TEST_F(TimeLimit, ASleepingDeadlockIsFoundOnABusyMachineToo) {
  const BusyMachine busy;
  expect_deadlock_report();
}

TEST_F(TimeLimit, BlocksOnAllWorkersAreReported) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer delays signals until a thread makes a system call";
#endif
  EXPECT_EQ(wait(launch("never_ends", 2, {}, 50'000'000)), HAL_ERR_KERNEL_TIMEOUT);
  EXPECT_TRUE(contains(host_.message, "block 0 in never_ends+0x")) << host_.message;
  EXPECT_TRUE(contains(host_.message, "block 1 in never_ends+0x")) << host_.message;
}

TEST_F(TimeLimit, ABusyMachineDoesNotTimeOutAKernelWithinItsLimit) {
  if (!std::ifstream("/proc/self/schedstat").good()) GTEST_SKIP() << "this kernel does not count run-queue delay";
  const BusyMachine busy;
  constexpr std::uint64_t kWorkNs = 200'000'000;
  const std::uint64_t start = wire::now_ns();
  EXPECT_EQ(wait(launch("work_for", 1, {kWorkNs}, 2 * kWorkNs)), HAL_OK) << host_.message;
  if (wire::now_ns() - start < 2 * kWorkNs) GTEST_SKIP() << "the machine was not busy enough to show it";
}

TEST_F(TimeLimit, TheDeviceDefaultAppliesToLaunchesWithoutOne) {
  close();
  host_.options["TIMEOUT_MS"] = "50";
  open();
  EXPECT_EQ(wait(launch("never_ends", 1, {}, 0)), HAL_ERR_KERNEL_TIMEOUT) << host_.message;
}

}  // namespace
}  // namespace hal::sim::test
