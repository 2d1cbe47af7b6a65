// SPDX-License-Identifier: Apache-2.0
//
// The facts of a kernel fault, as callers receive them. They never belong to another failure.
#include <cstddef>
#include <thread>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

class KernelFault : public FakeDevice {
 protected:
  void SetUp() override {
    FakeDevice::SetUp();
    mem_ = alloc();
    ASSERT_EQ(hal_stream_create(device, 0, &stream_), HAL_OK) << last_message();
  }
  void TearDown() override {
    control->report_fault = false;
    EXPECT_EQ(hal_mem_free(mem_), HAL_OK) << last_message();
    EXPECT_EQ(hal_stream_destroy(stream_), HAL_OK) << last_message();
    FakeDevice::TearDown();
  }

  std::uint64_t submit(hal_stream_t stream) {
    std::uint64_t ticket = 0;
    EXPECT_EQ(hal_fill(stream, mem_, 0, 16, 1, &ticket), HAL_OK) << last_message();
    return ticket;
  }
  // Submits work that fails with this status and with the facts of a kernel.
  std::uint64_t submit_to_fail(hal_status_t status) {
    control->report_fault = true;
    control->fail_work = status;
    return submit(stream_);
  }
  void expect_facts() {
    const hal_error_info_t error = last_error();
    EXPECT_STREQ(error.kernel, fake::kFaultKernel);
    EXPECT_EQ(error.block, fake::kFaultBlock);
    EXPECT_EQ(error.fault_addr, fake::kFaultAddress);
    EXPECT_EQ(error.fault_flags, HAL_FAULT_HAS_BLOCK | HAL_FAULT_HAS_ADDR | HAL_FAULT_WRITE);
  }
  void expect_no_facts(hal_status_t status) {
    const hal_error_info_t error = last_error();
    EXPECT_EQ(error.status, status);
    EXPECT_STREQ(error.kernel, "");
    EXPECT_EQ(error.block, 0u);
    EXPECT_EQ(error.fault_addr, 0u);
    EXPECT_EQ(error.fault_flags, 0u);
  }

  hal_mem_t mem_ = nullptr;
  hal_stream_t stream_ = nullptr;
};

TEST_F(KernelFault, IsReportedByEveryWaitAndQueryThatReportsTheFailure) {
  const std::uint64_t ticket = submit_to_fail(HAL_ERR_KERNEL_FAULT);
  std::uint64_t completed = 0;
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(hal_stream_wait(stream_, ticket, HAL_TIMEOUT_FOREVER), HAL_ERR_KERNEL_FAULT);
    expect_facts();
    EXPECT_EQ(hal_stream_query(stream_, &completed), HAL_ERR_KERNEL_FAULT);
    expect_facts();
    EXPECT_EQ(hal_device_wait(device, HAL_TIMEOUT_FOREVER), HAL_ERR_KERNEL_FAULT);
    expect_facts();
  }
}

TEST_F(KernelFault, OfATimeoutHasFactsToo) {
  EXPECT_EQ(hal_stream_wait(stream_, submit_to_fail(HAL_ERR_KERNEL_TIMEOUT), HAL_TIMEOUT_FOREVER),
            HAL_ERR_KERNEL_TIMEOUT);
  expect_facts();
}

TEST_F(KernelFault, StaysUntilTheNextFailureOfItsThreadReplacesIt) {
  const std::uint64_t ticket = submit_to_fail(HAL_ERR_KERNEL_FAULT);
  const std::uint64_t later = submit(stream_);
  const auto fault = [&] {
    EXPECT_EQ(hal_stream_wait(stream_, ticket, 0), HAL_ERR_KERNEL_FAULT);
    expect_facts();
  };
  fault();
  EXPECT_EQ(hal_stream_wait(stream_, 99, 0), HAL_ERR_INVALID_ARGUMENT) << "a failure that the core finds";
  expect_no_facts(HAL_ERR_INVALID_ARGUMENT);
  fault();
  EXPECT_EQ(hal_stream_wait(stream_, later, 0), HAL_ERR_CANCELLED) << "a failure that the plugin reports";
  expect_no_facts(HAL_ERR_CANCELLED);
  fault();
  control->fail_wait_silently = HAL_ERR_KERNEL_FAULT;
  EXPECT_EQ(hal_stream_wait(stream_, ticket, 0), HAL_ERR_KERNEL_FAULT) << "a failure without a report";
  expect_no_facts(HAL_ERR_KERNEL_FAULT);
  fault();
  std::thread([&] { expect_no_facts(HAL_OK); }).join();
  expect_facts();
}

TEST_F(KernelFault, IsNotReportedForALostDevice) {
  EXPECT_EQ(hal_stream_wait(stream_, submit_to_fail(HAL_ERR_DEVICE_LOST), 0), HAL_ERR_DEVICE_LOST);
  EXPECT_EQ(last_message(), "injected by the test");
  expect_no_facts(HAL_ERR_DEVICE_LOST);
}

TEST_F(KernelFault, ReportedByAnOperationThatSucceedsIsDropped) {
  const std::uint64_t first = submit(stream_);
  const std::uint64_t second = submit(stream_);
  control->report_and_succeed = true;
  ASSERT_EQ(hal_stream_wait(stream_, first, HAL_TIMEOUT_FOREVER), HAL_OK) << last_message();
  control->fail_wait_silently = HAL_ERR_KERNEL_FAULT;
  EXPECT_EQ(hal_stream_wait(stream_, second, HAL_TIMEOUT_FOREVER), HAL_ERR_KERNEL_FAULT);
  expect_no_facts(HAL_ERR_KERNEL_FAULT);
}

TEST_F(KernelFault, ReportedByAWaitThatSucceedsIsNotUsedForAnotherStreamOfTheCall) {
  submit(stream_);
  submit(own_stream());
  control->report_and_succeed = true;
  control->fail_wait_silently = HAL_ERR_KERNEL_FAULT;
  EXPECT_EQ(hal_device_wait(device, HAL_TIMEOUT_FOREVER), HAL_ERR_KERNEL_FAULT);
  EXPECT_FALSE(control->report_and_succeed) << "the first stream's wait reported it";
  EXPECT_TRUE(contains(last_message(), "stream_wait of backend fake-sim")) << last_message();
  expect_no_facts(HAL_ERR_KERNEL_FAULT);
}

}  // namespace
}  // namespace hal::test
