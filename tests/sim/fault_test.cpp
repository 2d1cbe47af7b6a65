// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// aarch64 does not report the kind of access.
#if defined(__x86_64__)
constexpr hal_fault_flags_t kWriting = HAL_FAULT_WRITE;
constexpr hal_fault_flags_t kReading = HAL_FAULT_READ;
#else
constexpr hal_fault_flags_t kWriting = 0;
constexpr hal_fault_flags_t kReading = 0;
#endif

class FaultTest : public SimTest {};

TEST_F(FaultTest, AKernelThatReadsNullFaultsItsTicketAndLosesLaterOnes) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t good = launch("add_one", 1, {info.device_addr});
  const std::uint64_t bad = launch("read_address", 1, {0x10, info.device_addr});
  const std::uint64_t later = launch("add_one", 1, {info.device_addr});
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(host_.message, "read_address")) << host_.message;
  EXPECT_TRUE(contains(host_.message, "0x10")) << host_.message;
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT) << "a ticket keeps its error";
  EXPECT_EQ(wait(good), HAL_OK);
  EXPECT_EQ(wait(later), HAL_ERR_DEVICE_LOST);
  std::uint64_t completed = 99;
  EXPECT_EQ(ops_->stream_query(device_, stream_, &completed), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(completed, good);
  EXPECT_EQ(*static_cast<std::uint32_t *>(info.host_ptr), 1u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(FaultTest, AJumpToTheArgumentsIsAFaultForAnyNumberOfBlocks) {
  for (const std::uint32_t blocks : {1, 64}) {
    EXPECT_EQ(wait(launch("run_arguments", blocks, {})), HAL_ERR_KERNEL_FAULT);
    EXPECT_TRUE(contains(host_.message, "run_arguments")) << host_.message;
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    device_ = (ops_->device_close(device_), nullptr);
    open();
  }
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

TEST_F(FaultTest, AProcessThatEndsWithoutAWordNamesTheRunningLaunch) {
  const std::uint64_t ticket = launch("leave_at_once", 1, {});
  EXPECT_EQ(wait(ticket), HAL_ERR_DEVICE_LOST);
  const std::string running =
      " while kernel leave_at_once of kernels was running (ticket " + std::to_string(ticket) + ")";
  EXPECT_TRUE(contains(host_.message, "exited with status 7" + running)) << host_.message;
}

TEST_F(FaultTest, AProcessThatIsKilledNamesTheRunningLaunch) {
  const std::uint64_t ticket = launch("never_ends", 1, {});
  ASSERT_EQ(kill(static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)), SIGKILL), 0);
  EXPECT_EQ(wait(ticket), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "kernel never_ends of kernels was running")) << host_.message;
}

// An object whose constructor or destructor ends the device process.
class LifeCycleTest : public SimTest {
 protected:
  void SetUp() override {}
  void TearDown() override {
    unsetenv("HAL_TEST_CONSTRUCTOR");
    unsetenv("HAL_TEST_DESTRUCTOR");
    close();
  }
  void open_with(const char *variable, const char *action) {
    setenv(variable, action, 1);
    open();
  }
  hal_status_t load_object(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    return ops_->executable_load(device_, bytes.data(), bytes.size(), "the_object", &object_);
  }
  const std::string path_ = std::string(HAL_TEST_KERNEL_DIR) + "/a2a3-sim/sim_test_life_cycle.so";
  hal_pexec_t object_ = nullptr;
};

TEST_F(LifeCycleTest, ACrashOfAConstructorNamesTheObject) {
  open_with("HAL_TEST_CONSTRUCTOR", "crash");
  EXPECT_EQ(load_object(path_), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "the_object was being loaded: signal 11")) << host_.message;
  EXPECT_NE(ops_->stream_create(device_, 0, &stream_), HAL_OK);
  EXPECT_TRUE(contains(host_.message, "the_object was being loaded")) << "later calls know it, too: " << host_.message;
}

TEST_F(LifeCycleTest, AnExitInAConstructorNamesTheObject) {
  open_with("HAL_TEST_CONSTRUCTOR", "exit");
  EXPECT_EQ(load_object(path_), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "the_object was being loaded: exit() was called")) << host_.message;
}

TEST_F(LifeCycleTest, AnEndWithoutAWordInAConstructorNamesTheObject) {
  open_with("HAL_TEST_CONSTRUCTOR", "_exit");
  EXPECT_EQ(load_object(path_), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "exited with status 3 while the_object was being loaded")) << host_.message;
}

TEST_F(LifeCycleTest, ACrashOfADestructorNamesTheObject) {
  open_with("HAL_TEST_DESTRUCTOR", "crash");
  ASSERT_EQ(load_object(path_), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->executable_unload(device_, object_), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "the_object was being unloaded: signal 11")) << host_.message;
  EXPECT_EQ(ops_->executable_unload(device_, object_), HAL_OK) << host_.message;
}

TEST_F(LifeCycleTest, AnObjectThatOnlyNamesAHookIsNotWarnedAbout) {
  open();
  ASSERT_EQ(load_object(path_), HAL_OK) << host_.message;
  for (const std::string &line : host_.logs) EXPECT_FALSE(contains(line, "NDEBUG")) << line;
  EXPECT_EQ(ops_->executable_unload(device_, object_), HAL_OK) << host_.message;
}

TEST_F(LifeCycleTest, ARunPathWithOriginIsNamedWhereItMatters) {
  open();
  EXPECT_EQ(load_object(HAL_TEST_ORIGIN_OBJECT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(host_.message, "$ORIGIN in its run path $ORIGIN/beside does not work")) << host_.message;
}

TEST_F(FaultTest, ALaunchBeyondItsTimeLimitIsStopped) {
  EXPECT_EQ(wait(launch("empty", 1, {}, 20'000'000)), HAL_OK);
  EXPECT_EQ(wait(launch("never_ends", 1, {}, 20'000'000)), HAL_ERR_KERNEL_TIMEOUT);
  EXPECT_TRUE(contains(host_.message, "never_ends")) << host_.message;
}

TEST_F(FaultTest, AKilledDeviceProcessIsDetectedByAWaiter) {
  const std::uint64_t ticket = launch("never_ends", 1, {});
  ASSERT_EQ(kill(static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)), SIGKILL), 0);
  EXPECT_EQ(wait(ticket), HAL_ERR_DEVICE_LOST);
  EXPECT_TRUE(contains(host_.message, "signal 9")) << host_.message;
  EXPECT_FALSE(host_.fault) << "the kernel is unknown";
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = 64;
  hal_pmem_t mem = nullptr;
  hal_pmem_info_v1_t info = {};
  EXPECT_EQ(ops_->mem_alloc(device_, &desc, &mem, &info), HAL_ERR_DEVICE_LOST);
}

TEST_F(FaultTest, KernelBlockAddressAndAccessAreReportedAsData) {
  constexpr std::uint64_t kNowhere = 0x1230;
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  const std::uint64_t hold = launch("wait_for_flag", 1, {info.device_addr});
  const std::uint64_t bad = launch("write_address_in_block", 7, {kNowhere, 5});
  const std::uint64_t later = launch("empty", 1, {});
  static_cast<std::atomic<std::uint32_t> *>(info.host_ptr)[0] = 1;
  EXPECT_EQ(wait(hold), HAL_OK);
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->kernel, "write_address_in_block");
  EXPECT_EQ(host_.fault->block, 5u);
  EXPECT_EQ(host_.fault->address, kNowhere);
  EXPECT_EQ(host_.fault->access, kWriting);
  EXPECT_EQ(wait(later), HAL_ERR_DEVICE_LOST);
  EXPECT_FALSE(host_.fault) << "the facts belong to the ticket that faulted";
  std::uint64_t completed = 0;
  EXPECT_EQ(ops_->stream_query(device_, stream_, &completed), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->address, kNowhere);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(FaultTest, AddressZeroIsAnAddress) {
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
  EXPECT_EQ(wait(launch("read_address", 1, {0, info.device_addr})), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->address, 0u);
  EXPECT_EQ(host_.fault->access, kReading);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

TEST_F(FaultTest, ASignalWithoutAnAddressReportsNone) {
  EXPECT_EQ(wait(launch("call_abort", 1, {})), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->kernel, "call_abort");
  EXPECT_EQ(host_.fault->block, 0u);
  EXPECT_FALSE(host_.fault->address);
  EXPECT_EQ(host_.fault->access, 0u);
}

#if defined(__x86_64__)
TEST_F(FaultTest, AnAddressThatTheProcessorDoesNotReportIsUnknown) {
  EXPECT_EQ(wait(launch("write_address_in_block", 1, {std::uint64_t{1} << 62, 0})), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_FALSE(host_.fault->address);
  EXPECT_FALSE(contains(host_.message, "0x0")) << host_.message;
}
#endif

TEST_F(FaultTest, ATimedOutLaunchIsReportedWithItsKernelAndNoBlock) {
  EXPECT_EQ(wait(launch("never_ends", 3, {}, 20'000'000)), HAL_ERR_KERNEL_TIMEOUT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->kernel, "never_ends");
  EXPECT_FALSE(host_.fault->block);
  EXPECT_FALSE(host_.fault->address);
}

TEST_F(FaultTest, TheKernelKeepsItsNameWhenItsObjectIsUnloaded) {
  const std::uint64_t bad = launch("call_abort", 1, {});
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(ops_->executable_unload(device_, executable_), HAL_OK) << host_.message;
  EXPECT_EQ(wait(bad), HAL_ERR_KERNEL_FAULT);
  ASSERT_TRUE(host_.fault);
  EXPECT_EQ(host_.fault->kernel, "call_abort");
  EXPECT_TRUE(contains(host_.message, "call_abort")) << host_.message;
  EXPECT_EQ(ops_->stream_destroy(device_, stream_), HAL_OK) << host_.message;
  ops_->device_close(device_);
  device_ = nullptr;
}

TEST_F(FaultTest, ACoreWithoutTheFaultServiceIsNotCalled) {
  host_.services.struct_size = offsetof(hal_host_v1_t, set_kernel_fault);
  EXPECT_EQ(wait(launch("call_abort", 1, {})), HAL_ERR_KERNEL_FAULT);
  EXPECT_FALSE(host_.fault);
  host_.services.struct_size = sizeof(hal_host_v1_t);
  host_.services.set_kernel_fault = nullptr;
  EXPECT_EQ(wait(1), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(host_.message, "call_abort")) << host_.message;
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
