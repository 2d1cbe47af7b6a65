// SPDX-License-Identifier: Apache-2.0
//
// Kernels that run forever or fault, and waits that time out: the status for the vendor's codes, and what works again
// after a reset.
#include <thread>

#include "over_standin.hpp"

namespace hal::onboard::test {
namespace {

class KernelsThatFail : public OpenCard {
 protected:
  void SetUp() override {
    OpenCard::SetUp();
    if (device_ != nullptr) mapped_ = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
  }
  void TearDown() override {
    if (mapped_ != nullptr) {
      EXPECT_TRUE(ok(hal_mem_free(mapped_)));
    }
    OpenCard::TearDown();
  }

  // Resets the device and checks that it works. All earlier handles are stale then.
  void reset() {
    ASSERT_TRUE(ok(hal_device_reset(device_)));
    executable_ = nullptr;
    mapped_ = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
    ASSERT_TRUE(ok(hal_device_stream(device_, &stream_)));
    std::uint64_t ticket = 0;
    EXPECT_TRUE(ok(launch(kernel("bump"), mapped_, &ticket)));
    EXPECT_TRUE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
    EXPECT_EQ(*static_cast<std::uint64_t *>(info_of(mapped_).host_ptr), 1U);
  }

  // The kernel writes to an unmapped address.
  hal_status_t launch_crash(std::uint64_t *ticket) {
    OneBlock block(kernel("crash"), nullptr);
    block.argument = {};
    block.argument.type = HAL_ARG_SCALAR;
    block.argument.dtype = HAL_DTYPE_U64;
    block.argument.u.bits = 64;
    return block.submit(ticket);
  }

  // Makes the runtime return this code from the wait for a running kernel.
  ErrorReport error_of_code(int code) {
    std::uint64_t ticket = 0;
    EXPECT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
    standin_fail("aclrtSynchronizeStreamWithTimeout", 1, code);
    EXPECT_NE(hal_stream_wait(stream_, ticket, kPatienceNs), HAL_OK);
    EXPECT_EQ(standin_fail_clear(), 0U);
    return last_error();
  }

  hal_mem_t mapped_ = nullptr;
};

TEST_F(KernelsThatFail, ByTheirTimeLimitReportTheVendorsCodeAndMakeTheDeviceLost) {
  std::uint64_t ticket = 0, later = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  const hal_status_t submitted = launch(kernel("bump"), mapped_, &later);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  const ErrorReport error = last_error();
  EXPECT_EQ(error.native_code, 507034) << "the code of a vector core";
  EXPECT_NE(error.hint.find("time limit"), std::string::npos) << error.hint;
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, 0))) << "every later wait reports it too";
  if (submitted == HAL_OK) {
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_wait(stream_, later, kPatienceNs)));
  }
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, launch(kernel("bump"), mapped_, &later)));
  reset();
}

TEST_F(KernelsThatFail, OnACubeCoreReportTheCodeOfThatCore) {
  ASSERT_TRUE(ok(hal_executable_load_file(device_, kernel_object("basics-on-aic").c_str(), &executable_)));
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().native_code, 507014);
  EXPECT_NE(last_error().message.find("ran longer than its time limit"), std::string::npos) << last_error().message;
}

TEST_F(KernelsThatFail, ByAFaultLeaveADeviceWhoseObjectsCanBeReleased) {
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch_crash(&ticket)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().native_code, 507035);
}

TEST_F(KernelsThatFail, OnOneStreamMakeTheDeviceLostAndTheWorkOfOtherStreamsStops) {
  hal_stream_t other = nullptr;
  ASSERT_TRUE(ok(hal_stream_create(device_, 0, &other)));
  std::uint64_t ticket = 0;
  OneBlock without_limit(kernel("endless"), mapped_);
  without_limit.desc.stream = other;
  ASSERT_TRUE(ok(without_limit.submit(&ticket)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "") << "the kernel of the other stream may have failed";
  EXPECT_TRUE(ok(hal_mem_free(mapped_))) << "the stand-in reports a kernel that still uses it";
  mapped_ = nullptr;
  EXPECT_TRUE(ok(hal_stream_destroy(other)));
}

TEST_F(KernelsThatFail, AreNamedIfNoOtherLaunchWasRunning) {
  std::uint64_t ticket = 0;
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round == 0 ? "after a successful launch" : "after a failure and a reset");
    ASSERT_TRUE(ok(launch(kernel("bump"), mapped_, &ticket)));
    ASSERT_TRUE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
    ASSERT_TRUE(ok(launch_crash(&ticket)));
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
    const ErrorReport error = last_error();
    EXPECT_EQ(error.kernel, "crash");
    EXPECT_EQ(error.message.find("kernel crash: "), 0U) << error.message;
    EXPECT_EQ(error.fault_flags, 0U) << "the vendor reports neither the block nor the address";
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, launch(kernel("bump"), mapped_, &ticket)));
    EXPECT_EQ(last_error().kernel, "");
    reset();
  }
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "endless");
}

TEST_F(KernelsThatFail, AreNotNamedIfAnotherKernelMayHaveFailed) {
  std::uint64_t ticket = 0, later = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &later)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  standin_fail("aclrtSynchronizeStreamWithTimeout", 1, 507035);
  EXPECT_FALSE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, later, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "") << "two launches of this stream were running";
}

TEST_F(KernelsThatFail, AreNotNamedIfTheDeviceWasLostBefore) {
  hal_stream_t other = nullptr;
  ASSERT_TRUE(ok(hal_stream_create(device_, 0, &other)));
  std::uint64_t late = 0, ticket = 0;
  OneBlock with_limit(kernel("endless"), mapped_);
  with_limit.desc.stream = other;
  with_limit.desc.timeout_ns = 200'000'000;
  ASSERT_TRUE(ok(with_limit.submit(&late)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  ErrorReport error;
  std::thread waiter([&] {
    EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(other, late, kPatienceNs)));
    error = last_error();
  });
  while (codes_of("aclrtSynchronizeStreamWithTimeout").empty()) std::this_thread::yield();
  standin_fail("aclrtSynchronizeStreamWithTimeout", 1, 507035);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "") << "the other launch was still running";
  waiter.join();
  EXPECT_EQ(error.native_code, 507034);
  EXPECT_EQ(error.kernel, "") << "it may be the earlier failure, reported late";
  EXPECT_TRUE(ok(hal_stream_destroy(other)));
}

TEST_F(KernelsThatFail, AreNamedAfterTheRuntimeRefusedAnotherLaunch) {
  std::uint64_t ticket = 0;
  standin_fail("aclrtLaunchKernelWithHostArgs", 1, 207001);
  EXPECT_FALSE(ok(launch(kernel("bump"), mapped_, &ticket)));
  EXPECT_EQ(standin_fail_clear(), 0U);
  ASSERT_TRUE(ok(launch_crash(&ticket)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "crash");
}

TEST_F(KernelsThatFail, AreNamedIfTheNextLaunchReportsTheFailureFirst) {
  std::uint64_t ticket = 0, refused = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  standin_fail("aclrtLaunchKernelWithHostArgs", 1, 507035);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, launch(kernel("bump"), mapped_, &refused)));
  EXPECT_EQ(last_error().kernel, "") << "the kernel of the refused launch did not run";
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "endless");
}

TEST_F(KernelsThatFail, ReportTheKindOfAccessThatTheCodeGives) {
  const ErrorReport error = error_of_code(507045);
  EXPECT_EQ(error.status, HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(error.kernel, "endless");
  EXPECT_EQ(error.fault_flags, HAL_FAULT_WRITE);
  EXPECT_EQ(error.fault_addr, 0U);
}

TEST_F(KernelsThatFail, AreNotNamedIfATaskOfTheRuntimeFailed) {
  const ErrorReport error = error_of_code(507018);
  EXPECT_EQ(error.status, HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(error.kernel, "") << "the code belongs to the AICPU, where libhal runs no kernels";
}

TEST_F(KernelsThatFail, ToEndAreAbortedByAReset) {
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  EXPECT_TRUE(is(HAL_ERR_TIMEOUT, hal_stream_wait(stream_, ticket, 1'000'000)));
  EXPECT_EQ(last_error().native_code, 0) << "the wait timed out, but the work did not fail";
  reset();
  EXPECT_EQ(standin_calls_of("aclrtStreamAbort"), 1U);
}

TEST_F(KernelsThatFail, DoNotIncludeKernelsWhoseWaitTimedOut) {
  auto *box = static_cast<std::uint32_t *>(info_of(mapped_).host_ptr);
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch(kernel("hold"), mapped_, &ticket)));
  EXPECT_TRUE(is(HAL_ERR_TIMEOUT, hal_stream_wait(stream_, ticket, 2'000'000)));
  EXPECT_TRUE(is(HAL_ERR_TIMEOUT, hal_stream_wait(stream_, ticket, 0)));
  EXPECT_TRUE(is(HAL_ERR_BUSY, hal_mem_free(mapped_)));
  __atomic_store_n(&box[0], 1, __ATOMIC_RELEASE);
  EXPECT_TRUE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
}

class OldRelease : public KernelsThatFail {};

TEST_F(OldRelease, RefusesATimeLimitAndNamesTheReleaseThatSupportsIt) {
  std::uint64_t ticket = 0;
  EXPECT_TRUE(is(HAL_ERR_UNSUPPORTED, launch(kernel("bump"), mapped_, &ticket, 1'000'000)));
  EXPECT_NE(last_error().hint.find("8.5.0"), std::string::npos) << last_error().hint;
}

}  // namespace
}  // namespace hal::onboard::test
