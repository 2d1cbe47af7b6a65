// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <csignal>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

class FaultTest : public SimTest {};

TEST_F(FaultTest, AKernelThatReadsNullFaultsItsTicketAndLosesThoseBehindIt) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t good = launch("add_one", 1, {info.device_addr});
  const std::uint64_t bad = launch("read_address", 1, {0x10, info.device_addr});
  const std::uint64_t behind = launch("add_one", 1, {info.device_addr});
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(host_.message, "read_address")) << host_.message;
  EXPECT_TRUE(contains(host_.message, "0x10")) << host_.message;
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT) << "a failure stays with its ticket";
  EXPECT_EQ(wait(good), HAL_OK);
  EXPECT_EQ(wait(behind), HAL_ERR_DEVICE_LOST);
  std::uint64_t completed = 99;
  EXPECT_EQ(ops_->stream_query(device_, stream_, &completed), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(completed, good);
  EXPECT_EQ(*static_cast<std::uint32_t *>(info.host_ptr), 1u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(FaultTest, AbortAndExitInAKernelAreFaultsOfItsTicket) {
  EXPECT_EQ(wait(launch("call_abort", 1, {})), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(host_.message, std::to_string(SIGABRT))) << host_.message;
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  device_ = (ops_->device_close(device_), nullptr);
  open();
  EXPECT_EQ(wait(launch("call_exit", 1, {})), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(host_.message, "exit()")) << host_.message;
}

TEST_F(FaultTest, ALaunchBeyondItsTimeLimitIsStopped) {
  EXPECT_EQ(wait(launch("empty", 1, {}, 20'000'000)), HAL_OK);
  EXPECT_EQ(wait(launch("never_ends", 1, {}, 20'000'000)), HAL_ERR_KERNEL_TIMEOUT);
  EXPECT_TRUE(contains(host_.message, "never_ends")) << host_.message;
}

TEST_F(FaultTest, AKilledDeviceProcessIsFoundOutByAWaiter) {
  const std::uint64_t ticket = launch("never_ends", 1, {});
  ASSERT_EQ(kill(static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)), SIGKILL), 0);
  EXPECT_EQ(wait(ticket), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "signal 9")) << host_.message;
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = 64;
  hal_pmem_t mem = nullptr;
  hal_pmem_info_v1_t info = {};
  EXPECT_EQ(ops_->mem_alloc(device_, &desc, &mem, &info), HAL_ERR_DEVICE_LOST);
}

TEST_F(FaultTest, AResetBringsTheDeviceBackAtTheSameAddresses) {
  hal_pmem_info_v1_t before = {};
  allocate(HAL_MEM_DEVICE, 4096, before);
  const std::uint64_t pid = property(HAL_PROPERTY_DEVICE_PROCESS_ID);
  EXPECT_EQ(wait(launch("call_abort", 1, {})), HAL_ERR_KERNEL_FAULT);
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  EXPECT_NE(property(HAL_PROPERTY_DEVICE_PROCESS_ID), pid);
  EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), property(HAL_PROPERTY_MEMORY_TOTAL_BYTES));
  hal_pmem_info_v1_t after = {};
  const hal_pmem_t mem = allocate(HAL_MEM_DEVICE, 4096, after);
  EXPECT_EQ(after.device_addr, before.device_addr);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
  ops_->device_close(device_);
  device_ = nullptr;
}

}  // namespace
}  // namespace hal::sim::test
