// SPDX-License-Identifier: Apache-2.0
//
// Kernels that write outside of an allocation. Such a write is found when the memory is freed or checked.
#include "worker_test.hpp"

namespace hal::test {
namespace {

class Damage : public WorkerTest {
 protected:
  void SetUp() override {
    WorkerTest::SetUp();
    const std::optional<ErrorInfo> failure = failure_of([&] { worker_.check(); });
    if (failure && failure->status == HAL_ERR_UNSUPPORTED) GTEST_SKIP() << failure->message;
    ASSERT_FALSE(failure) << failure->message;
  }
  // Writes 8 bytes.
  void write_at(hal_device_addr_t addr) { worker_.run(kernel("tell_address"), {address(0), address(addr)}); }
};

TEST_F(Damage, OfAStagedArrayFaultsTheRunOnce) {
  const std::vector<float> from(kCount);
  std::vector<float> to(kCount - 1);
  const auto run = [&] { worker_.run(kernel("add_one_to"), {in(from), out(to), scalar(kCount)}); };
  expect_failure(HAL_ERR_KERNEL_FAULT, "\"argument 1 of ChipWorker::run\" of 3996 bytes", run);
  EXPECT_EQ(to, std::vector<float>(kCount - 1, 1.0f)) << "the device is not lost";
  worker_.check();
}

TEST_F(Damage, OfAStagedArrayFaultsTheWaitThatFreesIt) {
  const std::vector<float> from(kCount);
  std::vector<float> to(kCount - 1);
  const ChipWorker::Ticket ticket = worker_.submit(kernel("add_one_to"), {in(from), out(to), scalar(kCount)});
  expect_failure(HAL_ERR_KERNEL_FAULT, "ChipWorker::submit", [&] { worker_.wait(ticket); });
  worker_.wait(ticket);
}

TEST_F(Damage, OfDeviceMemoryIsReportedByItsRelease) {
  const hal_device_addr_t addr = worker_.allocate(104);
  write_at(addr + 104);
  expect_failure(HAL_ERR_KERNEL_FAULT, "0 bytes after its end", [&] { worker_.release(addr); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "freed already", [&] { worker_.release(addr); });
}

TEST_F(Damage, IsReportedByACheck) {
  const hal_device_addr_t addr = worker_.allocate(104);
  write_at(addr - 8);
  const std::optional<ErrorInfo> failure = failure_of([&] { worker_.check(); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->status, HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(failure->fault_addr, addr - 8);
  worker_.check();
  worker_.release(addr);
}

TEST_F(Damage, IsReportedByFinalizeWhichStillEndsTheWorker) {
  const auto before = free_bytes();
  write_at(worker_.allocate(104) + 104);
  expect_failure(HAL_ERR_KERNEL_FAULT, "red zone", [&] { worker_.finalize(); });
  worker_.init();
  EXPECT_EQ(free_bytes(), before);
}

}  // namespace
}  // namespace hal::test
