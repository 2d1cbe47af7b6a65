// SPDX-License-Identifier: Apache-2.0
//
// Kernels that do not end or fault, and waits that run out: what the vendor's codes become, and what a reset brings
// back.
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

  // The handles are stale, and the device is as new.
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

  // Writes to an address of nobody.
  hal_status_t launch_crash(std::uint64_t *ticket) {
    OneBlock block(kernel("crash"), nullptr);
    block.argument = {};
    block.argument.type = HAL_ARG_SCALAR;
    block.argument.dtype = HAL_DTYPE_U64;
    block.argument.u.bits = 64;
    return block.submit(ticket);
  }

  // The runtime answers the next wait for a kernel that is still under way with this code.
  Story story_of_code(int code) {
    std::uint64_t ticket = 0;
    EXPECT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
    standin_fail("aclrtSynchronizeStreamWithTimeout", 1, code);
    EXPECT_NE(hal_stream_wait(stream_, ticket, kPatienceNs), HAL_OK);
    EXPECT_EQ(standin_fail_clear(), 0U);
    return last_story();
  }

  hal_mem_t mapped_ = nullptr;
};

TEST_F(KernelsThatFail, ByTheirTimeLimitAreToldWithTheVendorsCodeAndLoseTheDevice) {
  std::uint64_t ticket = 0, behind = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  const hal_status_t submitted = launch(kernel("bump"), mapped_, &behind);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  const Story story = last_story();
  EXPECT_EQ(story.native_code, 507034) << "a vector core's";
  EXPECT_NE(story.hint.find("time limit"), std::string::npos) << story.hint;
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, 0))) << "every wait that covers it";
  if (submitted == HAL_OK) {
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_wait(stream_, behind, kPatienceNs)));
  }
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, launch(kernel("bump"), mapped_, &behind)));
  reset();
}

TEST_F(KernelsThatFail, OnACubeCoreHaveItsCode) {
  ASSERT_TRUE(ok(hal_executable_load_file(device_, kernel_object("basics-on-aic").c_str(), &executable_)));
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().native_code, 507014);
  EXPECT_NE(last_story().message.find("ran longer than allowed"), std::string::npos) << last_story().message;
}

TEST_F(KernelsThatFail, ByAFaultLetEverythingBeFreedAndTheDeviceBeClosed) {
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch_crash(&ticket)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().native_code, 507035);
}

TEST_F(KernelsThatFail, OnOneStreamTakeTheDeviceFromAnotherWhoseWorkIsEndedFirst) {
  hal_stream_t other = nullptr;
  ASSERT_TRUE(ok(hal_stream_create(device_, 0, &other)));
  std::uint64_t ticket = 0;
  OneBlock without_limit(kernel("endless"), mapped_);
  without_limit.desc.stream = other;
  ASSERT_TRUE(ok(without_limit.submit(&ticket)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "") << "the other's may have reported it";
  EXPECT_TRUE(ok(hal_mem_free(mapped_))) << "the stand-in would see a kernel that still has it";
  mapped_ = nullptr;
  EXPECT_TRUE(ok(hal_stream_destroy(other)));
}

TEST_F(KernelsThatFail, AreNamedWhereNoOtherLaunchWasUnderWay) {
  std::uint64_t ticket = 0;
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round == 0 ? "behind a launch that went well" : "behind a failure and a reset");
    ASSERT_TRUE(ok(launch(kernel("bump"), mapped_, &ticket)));
    ASSERT_TRUE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
    ASSERT_TRUE(ok(launch_crash(&ticket)));
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
    const Story story = last_story();
    EXPECT_EQ(story.kernel, "crash");
    EXPECT_EQ(story.message.find("kernel crash: "), 0U) << story.message;
    EXPECT_EQ(story.fault_flags, 0U) << "the vendor tells neither block nor address";
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, launch(kernel("bump"), mapped_, &ticket)));
    EXPECT_EQ(last_story().kernel, "");
    reset();
  }
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket, 20'000'000)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "endless");
}

TEST_F(KernelsThatFail, AreNotNamedWhereItMayHaveBeenAnother) {
  std::uint64_t ticket = 0, behind = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &behind)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  standin_fail("aclrtSynchronizeStreamWithTimeout", 1, 507035);
  EXPECT_FALSE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, behind, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "") << "two launches of this stream";
}

TEST_F(KernelsThatFail, AreNotNamedWhereTheDeviceWasLostBeforeByAnother) {
  hal_stream_t other = nullptr;
  ASSERT_TRUE(ok(hal_stream_create(device_, 0, &other)));
  std::uint64_t late = 0, ticket = 0;
  OneBlock with_limit(kernel("endless"), mapped_);
  with_limit.desc.stream = other;
  with_limit.desc.timeout_ns = 200'000'000;
  ASSERT_TRUE(ok(with_limit.submit(&late)));
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  Story story;
  std::thread waiter([&] {
    EXPECT_TRUE(is(HAL_ERR_KERNEL_TIMEOUT, hal_stream_wait(other, late, kPatienceNs)));
    story = last_story();
  });
  while (codes_of("aclrtSynchronizeStreamWithTimeout").empty()) std::this_thread::yield();
  standin_fail("aclrtSynchronizeStreamWithTimeout", 1, 507035);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "") << "the other launch was still under way";
  waiter.join();
  EXPECT_EQ(story.native_code, 507034);
  EXPECT_EQ(story.kernel, "") << "it may be the earlier failure, heard of late";
  EXPECT_TRUE(ok(hal_stream_destroy(other)));
}

TEST_F(KernelsThatFail, AreNamedAfterALaunchThatTheRuntimeRefused) {
  std::uint64_t ticket = 0;
  standin_fail("aclrtLaunchKernelWithHostArgs", 1, 207001);
  EXPECT_FALSE(ok(launch(kernel("bump"), mapped_, &ticket)));
  EXPECT_EQ(standin_fail_clear(), 0U);
  ASSERT_TRUE(ok(launch_crash(&ticket)));
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "crash");
}

TEST_F(KernelsThatFail, AreNamedWhenTheNextLaunchIsTheFirstToHearOfIt) {
  std::uint64_t ticket = 0, refused = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  standin_fail("aclrtLaunchKernelWithHostArgs", 1, 507035);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, launch(kernel("bump"), mapped_, &refused)));
  EXPECT_EQ(last_story().kernel, "") << "it is not the kernel of the launch that is refused";
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream_, ticket, kPatienceNs)));
  EXPECT_EQ(last_story().kernel, "endless");
}

TEST_F(KernelsThatFail, AreToldWithWhatTheCodeSaysOfTheAccess) {
  const Story story = story_of_code(507045);
  EXPECT_EQ(story.status, HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(story.kernel, "endless");
  EXPECT_EQ(story.fault_flags, HAL_FAULT_WRITE);
  EXPECT_EQ(story.fault_addr, 0U);
}

TEST_F(KernelsThatFail, AreNotBlamedForATaskOfTheRuntimesOwn) {
  const Story story = story_of_code(507018);
  EXPECT_EQ(story.status, HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(story.kernel, "") << "an AICPU's, where libhal runs nothing";
}

TEST_F(KernelsThatFail, ToEndAtAllAreAbortedByAReset) {
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(launch(kernel("endless"), mapped_, &ticket)));
  EXPECT_TRUE(is(HAL_ERR_TIMEOUT, hal_stream_wait(stream_, ticket, 1'000'000)));
  EXPECT_EQ(last_story().native_code, 0) << "the wait ran out, nothing has failed";
  reset();
  EXPECT_EQ(standin_calls_of("aclrtStreamAbort"), 1U);
}

TEST_F(KernelsThatFail, AreNotThoseThatAWaitWasTooShortFor) {
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

TEST_F(OldRelease, TakesNoTimeLimitAndSaysSo) {
  std::uint64_t ticket = 0;
  EXPECT_TRUE(is(HAL_ERR_UNSUPPORTED, launch(kernel("bump"), mapped_, &ticket, 1'000'000)));
  EXPECT_NE(last_story().hint.find("8.5.0"), std::string::npos) << last_story().hint;
}

}  // namespace
}  // namespace hal::onboard::test
