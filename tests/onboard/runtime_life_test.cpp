// SPDX-License-Identifier: Apache-2.0
//
// The vendor's runtime in a process that also has other users: each start has one end, the caller's context and signal
// handlers do not change, and other users of the runtime keep it.
#include <array>
#include <csignal>
#include <cstring>
#include <thread>

#include "over_standin.hpp"
#include "vendor_user.hpp"

namespace hal::onboard::test {
namespace {

class AMissingCard : public OverStandin {};

TEST_F(AMissingCard, IsNotFoundAndTheRuntimeIsEndedAgain) {
  ASSERT_TRUE(ok(select()));
  EXPECT_TRUE(is(HAL_ERR_NOT_FOUND, open(99)));
  const ErrorReport error = last_error();
  EXPECT_NE(error.message.find("99"), std::string::npos) << error.message;
  EXPECT_NE(error.hint, "");
  standin_live_t live;
  standin_live(&live);
  EXPECT_EQ(live.inits, 0U);
  EXPECT_EQ(live.set_devices, 0U);
  EXPECT_EQ(standin_calls_of("aclrtSetDevice"), 0U);
  EXPECT_TRUE(ok(open(1))) << "device 1 exists";
}

TEST_F(AMissingCard, MayBeHiddenByTheUser) {
  setenv("ASCEND_RT_VISIBLE_DEVICES", "1", 1);
  ASSERT_TRUE(ok(select()));
  std::uint32_t count = 0;
  EXPECT_TRUE(ok(hal_device_count(backend_, &count)));
  EXPECT_EQ(count, 1U);
  EXPECT_TRUE(is(HAL_ERR_NOT_FOUND, open(1)));
  EXPECT_TRUE(ok(open(0))) << "renumbered";
}

TEST_F(AMissingCard, MayBeRefusedByTheDriver) {
  ASSERT_TRUE(ok(select()));
  standin_set("DRIVER", "setdevice");
  EXPECT_TRUE(is(HAL_ERR_UNAVAILABLE, open()));
  const ErrorReport error = last_error();
  EXPECT_EQ(error.native_code, 507033);
  EXPECT_EQ(error.native_domain, "acl");
  EXPECT_NE(error.hint.find("npu-smi"), std::string::npos) << error.hint;
  standin_set("DRIVER", "ok");
}

class Starts : public OverStandin {};

TEST_F(Starts, AreAsManyAsEnds) {
  ASSERT_TRUE(ok(select()));
  std::uint32_t count = 0;
  EXPECT_TRUE(ok(hal_device_count(backend_, &count)));
  ASSERT_TRUE(ok(open()));
  EXPECT_TRUE(ok(hal_device_count(backend_, &count)));
  close();
  const std::size_t ends = standin_calls_of("aclFinalizeReference") + standin_calls_of("aclFinalize");
  EXPECT_EQ(standin_calls_of("aclInit"), ends);
  EXPECT_GE(ends, 2U);
}

TEST_F(Starts, OfADeviceHappenOnceIfItIsOpenedTwice) {
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  hal_device_t again = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, 0, &again)));
  EXPECT_TRUE(ok(hal_device_close(again)));
  EXPECT_EQ(standin_calls_of("aclrtSetDevice"), 1U);
  EXPECT_EQ(standin_calls_of("aclrtResetDevice"), 0U);
  close();
  EXPECT_EQ(standin_calls_of("aclrtResetDevice"), 1U);
}

TEST_F(Starts, OfTwoDevicesEndWithTheLastDevice) {
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open(0)));
  hal_device_t other = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, 1, &other)));
  close();
  const hal_mem_desc_t desc = describe(HAL_MEM_HOST_MAPPED, page_bytes());
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(ok(hal_mem_alloc(other, &desc, &mem))) << "the other device is still open";
  EXPECT_TRUE(ok(hal_mem_free(mem)));
  EXPECT_TRUE(ok(hal_device_close(other)));
}

class Signals : public OverStandin {};

void ours(int) {}

TEST_F(Signals, AreUnchangedAfterTheRuntimeIsOpened) {
  constexpr int kLast = 64;
  constexpr int kRestorer = 0x04000000;  // SA_RESTORER, which the C library adds to every action
  std::array<struct sigaction, kLast + 1> before = {}, after = {};
  std::signal(SIGSEGV, ours);
  std::signal(SIGTERM, SIG_IGN);
  for (int number = 1; number <= kLast; ++number) sigaction(number, nullptr, &before[number]);
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  for (int number = 1; number <= kLast; ++number) {
    sigaction(number, nullptr, &after[number]);
    EXPECT_EQ(before[number].sa_handler, after[number].sa_handler) << strsignal(number);
    EXPECT_EQ(before[number].sa_flags & ~kRestorer, after[number].sa_flags & ~kRestorer) << strsignal(number);
  }
}

// ---- another user of the runtime -----------------------------------------------------------------------------------

class AnotherUser : public OverStandin {
 protected:
  void expect_alive(void *memory) { EXPECT_EQ(user_.memset(memory, 64, 1, 64), 0) << "the user's device was closed"; }

  VendorUser user_;
  void *memory_ = nullptr;
};

TEST_F(AnotherUser, WhoWasThereBeforeKeepsRuntimeDeviceAndContext) {
  ASSERT_EQ(user_.init(nullptr), 0);
  ASSERT_EQ(user_.set_device(0), 0);
  ASSERT_EQ(user_.malloc(&memory_, 64, 0), 0);
  standin_context_check_begin();
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  EXPECT_TRUE(ok(hal_mem_free(allocate(HAL_MEM_HOST_MAPPED, page_bytes()))));
  EXPECT_TRUE(is(HAL_ERR_FAILED_PRECONDITION, hal_device_reset(device_))) << "libhal is not the only user";
  close();
  EXPECT_EQ(standin_context_check_end(), 0);
  expect_alive(memory_);
  EXPECT_EQ(user_.free(memory_), 0);
  EXPECT_EQ(user_.reset_device(0), 0);
  EXPECT_EQ(user_.finalize(), 0);
  // 8.1 has no counted end, so libhal's start stays counted until the runtime ends.
  if (user_.finalize_reference == nullptr) forget_violations();
}

TEST_F(AnotherUser, WhoWasThereBeforeMayHaveRunTheKernelThatFailed) {
  ASSERT_EQ(user_.init(nullptr), 0);
  ASSERT_EQ(user_.set_device(0), 0);
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  hal_executable_t executable = nullptr;
  hal_kernel_t endless = nullptr;
  hal_stream_t stream = nullptr;
  const hal_mem_t mapped = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
  ASSERT_TRUE(ok(hal_executable_load_file(device_, kernel_object("conformance-basics").c_str(), &executable)));
  ASSERT_TRUE(ok(hal_executable_find(executable, "endless", &endless)));
  ASSERT_TRUE(ok(hal_device_stream(device_, &stream)));
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(OneBlock(endless, mapped).submit(&ticket)));
  standin_fail("aclrtSynchronizeStreamWithTimeout", 1, 507035);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream, ticket, kPatienceNs)));
  EXPECT_EQ(last_error().kernel, "");
  EXPECT_TRUE(ok(hal_mem_free(mapped)));
  EXPECT_TRUE(ok(hal_executable_unload(executable)));
  close();
  EXPECT_EQ(user_.reset_device(0), 0);
  EXPECT_EQ(user_.finalize(), 0);
  if (user_.finalize_reference == nullptr) forget_violations();
}

TEST_F(AnotherUser, WhoCameLaterKeepsTheRuntimeIfItCountsUsers) {
  ASSERT_TRUE(ok(select()));
  ASSERT_TRUE(ok(open()));
  std::thread([this] {
    ASSERT_EQ(user_.init(nullptr), 100002);
    ASSERT_EQ(user_.set_device(0), 0);
    ASSERT_EQ(user_.malloc(&memory_, 64, 0), 0);
  }).join();
  close();
  std::thread([this] {
    ASSERT_EQ(user_.set_device(0), 0);
    expect_alive(memory_);
    EXPECT_EQ(user_.free(memory_), 0);
    EXPECT_EQ(user_.reset_device(0), 0);
    EXPECT_EQ(user_.reset_device(0), 0);
    std::uint64_t left = 9;
    EXPECT_EQ(user_.finalize_reference(&left), 0);
    EXPECT_EQ(left, 0U);
  }).join();
}

class CallersContext : public OpenCard {
 protected:
  // Calls every kind of entry point.
  void use_everything() {
    const hal_mem_t device_memory = allocate(HAL_MEM_DEVICE, page_bytes());
    const hal_mem_t mapped = allocate(HAL_MEM_HOST_MAPPED, page_bytes());
    std::uint64_t ticket = 0, value = 0;
    std::uint8_t bytes[64] = {};
    EXPECT_TRUE(ok(hal_copy_to_device(stream_, device_memory, 0, bytes, sizeof bytes, &ticket)));
    EXPECT_TRUE(ok(hal_fill(stream_, device_memory, 0, 64, 1, &ticket)));
    EXPECT_TRUE(ok(launch(kernel("bump"), mapped, &ticket)));
    EXPECT_TRUE(ok(hal_stream_wait(stream_, ticket, kPatienceNs)));
    EXPECT_TRUE(ok(hal_stream_query(stream_, &value)));
    EXPECT_TRUE(ok(hal_device_query(device_, HAL_PROPERTY_MEMORY_FREE_BYTES, &value)));
    EXPECT_TRUE(ok(hal_device_wait(device_, kPatienceNs)));
    const hal_mem_desc_t desc = describe(pages_);
    hal_mem_t imported = nullptr;
    EXPECT_TRUE(ok(hal_mem_register(device_, &desc, &imported)));
    EXPECT_TRUE(ok(hal_mem_unregister(imported)));
    const hal_mem_desc_t too_large = describe(HAL_MEM_DEVICE, std::uint64_t{1} << 50);
    hal_mem_t none = nullptr;
    EXPECT_TRUE(is(HAL_ERR_OUT_OF_MEMORY, hal_mem_alloc(device_, &too_large, &none))) << "a call that fails";
    EXPECT_TRUE(ok(hal_mem_free(mapped)));
    EXPECT_TRUE(ok(hal_mem_free(device_memory)));
  }

  Pages pages_{1};
  VendorUser user_;
};

TEST_F(CallersContext, IsCurrentAgainAfterEveryCall) {
  std::thread([this] {
    void *context = nullptr;
    ASSERT_EQ(user_.set_device(1), 0);
    ASSERT_EQ(user_.create_context(&context, 1), 0);
    standin_context_check_begin();
    use_everything();
    EXPECT_EQ(standin_context_check_end(), 0);
    EXPECT_EQ(user_.destroy_context(context), 0);
    EXPECT_EQ(user_.reset_device(1), 0);
  }).join();
}

TEST_F(CallersContext, IsNotRequired) {
  std::thread([this] { use_everything(); }).join();
}

}  // namespace
}  // namespace hal::onboard::test
