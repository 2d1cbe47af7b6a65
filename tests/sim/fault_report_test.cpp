// SPDX-License-Identifier: Apache-2.0
//
// What the report of a kernel fault says about the address, and about the place in the kernel's code.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

class FaultReportTest : public SimTest {
 protected:
  // The report of a launch that faults.
  std::string report_of(const char *name, std::uint32_t blocks, std::vector<std::uint64_t> words) {
    EXPECT_EQ(wait(launch(name, blocks, std::move(words))), HAL_ERR_KERNEL_FAULT) << host_.message;
    return host_.message;
  }
  static ::testing::AssertionResult says(const std::string &report, std::initializer_list<std::string> parts) {
    for (const std::string &part : parts)
      if (report.find(part) == std::string::npos)
        return ::testing::AssertionFailure() << "\"" << part << "\" is not in: " << report;
    return ::testing::AssertionSuccess();
  }
};

std::uint64_t address_of(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

TEST_F(FaultReportTest, NamesTheFunctionAndNotOnlyTheKernel) {
  const std::string report = report_of("write_in_helper", 1, {0x10});
  EXPECT_TRUE(says(report, {"kernel write_in_helper of kernels on AIV, block 0", "0x10, which is null and 16 bytes",
                            "; in write_from_helper(", "+0x"}));
}

TEST_F(FaultReportTest, NamesTheCallerOfALibraryFunction) {
  EXPECT_TRUE(says(report_of("fill_in_library", 1, {0x100, 64}),
                   {"null and 256 bytes", "; in code outside of kernel objects, called from fill_in_library+0x"}));
}

TEST_F(FaultReportTest, OfAJumpToNowhereNamesTheCaller) {
  EXPECT_TRUE(says(report_of("jump", 1, {0}), {"jumping to 0x0, which is null", "called from call_there("}));
}

TEST_F(FaultReportTest, OfAnAddressPastTheEndOfMemoryNamesTheNearestAllocation) {
  hal_pmem_info_v1_t mapped = {};
  allocate(HAL_MEM_HOST_MAPPED, 4096, mapped, "weights");
  const std::uint64_t past = mapped.device_addr + property(HAL_PROPERTY_MAPPED_TOTAL_BYTES) + (64 << 20) + 64;
  EXPECT_TRUE(says(
      report_of("write_in_helper", 1, {past}),
      {"past the end of mapped memory", " bytes after the 4096 bytes of HOST_MAPPED memory at 0x", "(\"weights\")"}));
}

TEST_F(FaultReportTest, OfAHostAddressOfAnAllocationSaysSo) {
  hal_pmem_info_v1_t mapped = {};
  allocate(HAL_MEM_HOST_MAPPED, 4096, mapped, "indices");
  const std::uint64_t host = address_of(mapped.host_ptr);
  EXPECT_TRUE(says(report_of("write_in_helper", 1, {host + 8}),
                   {"the host's address of the 4096 bytes of HOST_MAPPED memory", "(\"indices\"), at offset 8",
                    "kernels need the device's address"}));
}

TEST_F(FaultReportTest, OfAHostAddressOfPinnedMemorySaysThatKernelsCannotReachIt) {
  hal_pmem_info_v1_t pinned = {};
  allocate(HAL_MEM_HOST_PINNED, 4096, pinned);
  EXPECT_TRUE(says(report_of("write_in_helper", 1, {address_of(pinned.host_ptr)}),
                   {"the host's address of the 4096 bytes of HOST_PINNED memory", "kernels cannot reach it"}));
}

TEST_F(FaultReportTest, OfAnotherHostAddressSaysWhereItIs) {
  int here = 0;
  EXPECT_TRUE(says(report_of("write_in_helper", 1, {address_of(&here)}), {"which is a host address, in [stack]"}));
}

TEST_F(FaultReportTest, OfAnotherDevicesMemoryNamesTheDevice) {
  hal_pdev_t other = nullptr;
  ASSERT_EQ(ops_->device_open(host_.plugin.self, 1, &other), HAL_OK) << host_.message;
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = 64;
  hal_pmem_t mem = nullptr;
  hal_pmem_info_v1_t info = {};
  ASSERT_EQ(ops_->mem_alloc(other, &desc, &mem, &info), HAL_OK) << host_.message;
  EXPECT_TRUE(says(report_of("write_in_helper", 1, {info.device_addr}), {"which is memory of device 1"}));
  EXPECT_EQ(ops_->mem_free(other, mem), HAL_OK);
  ops_->device_close(other);
}

TEST_F(FaultReportTest, OfAnUnmappedAddressSaysSo) {
  EXPECT_TRUE(
      says(report_of("write_in_helper", 1, {0x12345000}), {"which is mapped neither on the device nor in the host"}));
}

TEST_F(FaultReportTest, OfAStackOverflowSaysSo) {
  EXPECT_TRUE(says(report_of("use_up_the_stack", 1, {}),
                   {"past the end of the thread's stack", "MiB are used up", "; in recurse("}));
}

TEST_F(FaultReportTest, StaysTheSameAfterTheObjectsAreReleased) {
  hal_pmem_info_v1_t mapped = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, mapped, "short");
  const std::uint64_t ticket = launch("write_in_helper", 1, {address_of(mapped.host_ptr)});
  ASSERT_EQ(wait(ticket), HAL_ERR_KERNEL_FAULT);
  const std::string report = host_.message;
  EXPECT_TRUE(says(report, {"(\"short\")", "write_from_helper("}));
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
  EXPECT_EQ(ops_->executable_unload(device_, executable_), HAL_OK);
  ASSERT_EQ(wait(ticket), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(host_.message, report);
  EXPECT_EQ(ops_->stream_destroy(device_, stream_), HAL_OK);
  ops_->device_close(device_);
  device_ = nullptr;
}

class SignalReport : public FaultReportTest, public ::testing::WithParamInterface<int> {};

TEST_P(SignalReport, IsMadeForEveryBlockAndAResetWorks) {
  for (const std::uint32_t blocks : {1u, 64u}) {
    const std::string report = report_of("raise_signal", blocks, {static_cast<std::uint64_t>(GetParam())});
    EXPECT_TRUE(says(report, {"signal " + std::to_string(GetParam()) + " (", "called from raise_signal+0x"}));
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    device_ = (ops_->device_close(device_), nullptr);
    open();
  }
}

INSTANTIATE_TEST_SUITE_P(Signals, SignalReport,
                         ::testing::Values(SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS));

}  // namespace
}  // namespace hal::sim::test
