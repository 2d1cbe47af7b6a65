// SPDX-License-Identifier: Apache-2.0
//
// The effects of kernel faults: they may cost the device, but never harm the host.
#include <signal.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class Fault : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (separate_process()) return;
    if (kind_ == "onboard") GTEST_SKIP() << "hardware does not report which of several launches failed";
    GTEST_SKIP() << "kernels run in this process, so a kernel fault ends it";
  }
  // Expects that the device works, with new objects.
  void expect_alive() {
    ASSERT_TRUE(ok(hal_device_stream(device_, &own_)));
    const Executable executable(device_, object("basics"));
    const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
    run(Launch(executable["bump"]).mem(counter).blocks(3));
    EXPECT_EQ(*counter.host<std::uint64_t>(), 3U);
  }
  // Expects the data of a kernel fault, as far as every backend with a device process knows it.
  hal_error_info_t expect_kernel(const char *name) {
    auto info = sized<hal_error_info_t>();
    EXPECT_EQ(hal_last_error(&info), HAL_OK);
    EXPECT_STREQ(info.kernel, name);
    if ((info.fault_flags & HAL_FAULT_HAS_BLOCK) == 0) {
      EXPECT_EQ(info.block, 0U);
    }
    if ((info.fault_flags & HAL_FAULT_HAS_ADDR) == 0) {
      EXPECT_EQ(info.fault_addr, 0U);
    }
    return info;
  }
  void expect_no_kernel() {
    const hal_error_info_t info = expect_kernel("");
    EXPECT_EQ(info.fault_flags, 0U) << "this is not a kernel fault";
  }
  void expect_lost(hal_status_t status) {
    EXPECT_TRUE(status == HAL_ERR_DEVICE_LOST || status == HAL_ERR_CANCELLED) << status_name(status);
  }
  // Resets the device. All its handles are then stale.
  void expect_reset_works() {
    ASSERT_TRUE(ok(hal_device_reset(device_)));
    expect_alive();
  }
};

TEST_F(Fault, StaysWithItsTicketAndLaterTicketsAreLost) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  Held held(device_, object("basics"));
  const std::uint64_t before = Launch(executable["bump"]).mem(counter).ticket();
  const std::uint64_t crash = Launch(executable["crash"]).scalar(std::uint64_t{0x40}).ticket();
  const std::uint64_t behind = Launch(executable["bump"]).mem(counter).ticket();
  std::uint64_t last = 0;
  ASSERT_TRUE(ok(hal_fill(own_, device, 0, 64, 1, &last)));
  held.let_go();

  wait(before);
  for (int again = 0; again < 3; ++again) {
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(own_, crash, kPatienceNs)));
    EXPECT_TRUE(Value("crash").shown_in(last_failure())) << "the message must name the kernel: " << last_failure();
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_wait(own_, behind, kPatienceNs)));
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_wait(own_, last, kPatienceNs)));
    wait(before);
  }
  std::uint64_t completed = 0;
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_query(own_, &completed)));
  EXPECT_EQ(completed, before);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_device_wait(device_, kPatienceNs)));
  EXPECT_EQ(*counter.host<std::uint64_t>(), 1U) << "the host can still access mapped memory";

  auto info = sized<hal_error_info_t>();
  ASSERT_EQ(hal_last_error(&info), HAL_OK);
  EXPECT_STRNE(info.hint, "");
  EXPECT_STRNE(info.native_domain, "");
}

TEST_F(Fault, IsReportedWithTheAddressAndTheKernel) {
  const Executable executable(device_, object("basics"));
  const std::uint64_t ticket = Launch(executable["crash"]).scalar(std::uint64_t{0x1234560}).ticket();
  refuses(HAL_ERR_KERNEL_FAULT, "hal_stream_wait", {std::uint64_t{0x1234560}, "crash"},
          [&] { return hal_stream_wait(own_, ticket, kPatienceNs); });
}

TEST_F(Fault, IsReportedAsDataThatNoOtherFailureHas) {
  constexpr std::uint64_t kNowhere = 0x1234560;
  const Executable executable(device_, object("basics"));
  const std::uint64_t crash = Launch(executable["crash"]).scalar(kNowhere).blocks(3).ticket();
  for (int again = 0; again < 2; ++again) {
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(own_, crash, kPatienceNs)));
    const hal_error_info_t fault = expect_kernel("crash");
    EXPECT_EQ(fault.fault_addr, kNowhere);
    EXPECT_LT(fault.block, 3U);
    EXPECT_EQ(fault.fault_flags & HAL_FAULT_READ, 0U) << "the kernel writes";
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, Launch(executable["crash"]).scalar(kNowhere).submit()));
    expect_no_kernel();
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_device_wait(device_, kPatienceNs)));
    EXPECT_EQ(expect_kernel("crash").fault_addr, kNowhere);
    EXPECT_TRUE(is(HAL_ERR_INVALID_ARGUMENT, hal_stream_wait(own_, crash + 1, 0)));
    expect_no_kernel();
  }
}

TEST_F(Fault, LetsEverythingBeFreedAndTheDeviceBeClosed) {
  const Executable executable(device_, object("basics"));
  Memory device = allocate(HAL_MEM_DEVICE, kPage);
  Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Pages pages(2);
  std::memset(pages.data(), 0x42, pages.size());
  Memory imported = import(pages);
  const Stream stream(device_);
  const hal_kernel_t bump = executable["bump"];
  const std::uint64_t ticket = Launch(executable["crash"]).scalar(std::uint64_t{0x40}).on(stream).ticket();
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream, ticket, kPatienceNs)));

  hal_mem_t none = nullptr;
  const auto desc = describe(HAL_MEM_DEVICE, kPage);
  std::uint64_t refused = 0;
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, Launch(bump).mem(mapped).submit(&refused)));
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_fill(own_, device, 0, 64, 1, &refused)));
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_mem_alloc(device_, &desc, &none)));
  hal_stream_t no_stream = nullptr;
  EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_create(device_, 0, &no_stream)));
  EXPECT_EQ(info_of(device).kind, HAL_MEM_DEVICE) << "queries still work";
  EXPECT_TRUE(ok(device.free()));
  EXPECT_TRUE(ok(mapped.free()));
  EXPECT_TRUE(ok(imported.free()));
  for (std::uint64_t i = 0; i < pages.size(); ++i) ASSERT_EQ(pages.data()[i], 0x42);
}

TEST_F(Fault, IsUndoneByAResetThatMakesOldHandlesStale) {
  hal_executable_t executable = nullptr;
  hal_kernel_t crash = nullptr;
  hal_stream_t stream = nullptr;
  ASSERT_TRUE(ok(hal_executable_load_file(device_, object("basics").c_str(), &executable)));
  ASSERT_TRUE(ok(hal_executable_find(executable, "crash", &crash)));
  ASSERT_TRUE(ok(hal_stream_create(device_, 0, &stream)));
  const std::uint64_t all_free = property(HAL_PROPERTY_MEMORY_FREE_BYTES);
  const hal_mem_t mem = allocate(HAL_MEM_DEVICE, kPage).release();
  const hal_mem_t mapped = allocate(HAL_MEM_HOST_MAPPED, kPage).release();
  const std::uint64_t ticket = Launch(crash).scalar(std::uint64_t{0x40}).ticket();
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(own_, ticket, kPatienceNs)));
  expect_reset_works();
  EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), all_free);
  auto info = sized<hal_mem_info_t>();
  for (const hal_mem_t stale : {mem, mapped}) {
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_info", {stale}, [&] { return hal_mem_info(stale, &info); });
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_free", {stale}, [&] { return hal_mem_free(stale); });
  }
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_kernel_launch", {crash}, [&] { return Launch(crash).submit(); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_executable_unload", {executable},
          [&] { return hal_executable_unload(executable); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_wait", {stream}, [&] { return hal_stream_wait(stream, 1, 0); });
}

TEST_F(Fault, CanBeAStackOverflowOrAnExit) {
  for (const char *name : {"recurse", "leave"}) {
    SCOPED_TRACE(name);
    hal_executable_t executable = nullptr;
    hal_kernel_t kernel = nullptr;
    ASSERT_TRUE(ok(hal_executable_load_file(device_, object("basics").c_str(), &executable)));
    ASSERT_TRUE(ok(hal_executable_find(executable, name, &kernel)));
    const hal_status_t status = hal_stream_wait(own_, Launch(kernel).ticket(), kPatienceNs);
    // If a kernel exits the process, the device is lost without a record of the kernel.
    EXPECT_TRUE(status == HAL_ERR_KERNEL_FAULT || (status == HAL_ERR_DEVICE_LOST && std::strcmp(name, "leave") == 0))
        << last_failure();
    expect_reset_works();
  }
}

TEST_F(Fault, OnOneDeviceDoesNotAffectAnother) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  auto info = sized<hal_device_info_t>();
  ASSERT_TRUE(ok(hal_device_info(device_, &info)));
  if (count < 2) GTEST_SKIP() << "one device only";
  hal_device_t other = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, info.ordinal == 0 ? 1 : 0, &other)));
  {
    const Executable executable(other, object("basics"));
    hal_stream_t stream = nullptr;
    ASSERT_TRUE(ok(hal_device_stream(other, &stream)));
    const std::uint64_t ticket = Launch(executable["crash"]).scalar(std::uint64_t{0x40}).ticket();
    EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream, ticket, kPatienceNs)));
    expect_alive();
  }
  EXPECT_TRUE(ok(hal_device_close(other)));
  expect_alive();
}

TEST_F(Fault, InALoopOnOneDeviceChangesNoResultOfAnother) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  auto info = sized<hal_device_info_t>();
  ASSERT_TRUE(ok(hal_device_info(device_, &info)));
  if (count < 2) GTEST_SKIP() << "one device only";
  hal_device_t other = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, info.ordinal == 0 ? 1 : 0, &other)));
  std::atomic<bool> stop{false};
  std::atomic<int> crashes{0};
  std::thread loop([&] {
    while (!stop.load()) {
      hal_executable_t executable = nullptr;
      hal_kernel_t crash = nullptr;
      hal_stream_t stream = nullptr;
      ASSERT_TRUE(ok(hal_device_stream(other, &stream)));
      ASSERT_TRUE(ok(hal_executable_load_file(other, object("basics").c_str(), &executable)));
      ASSERT_TRUE(ok(hal_executable_find(executable, "crash", &crash)));
      const std::uint64_t ticket = Launch(crash).scalar(std::uint64_t{0x40}).ticket();
      ASSERT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_stream_wait(stream, ticket, kPatienceNs)));
      ASSERT_TRUE(ok(hal_device_reset(other)));
      crashes.fetch_add(1);
    }
  });
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  std::uint64_t launches = 0;
  while (crashes.load() < 20 && !HasFailure()) {
    run(Launch(executable["bump"]).mem(counter).blocks(3));
    ASSERT_EQ(*counter.host<std::uint64_t>(), 3 * ++launches);
  }
  stop.store(true);
  loop.join();
  EXPECT_TRUE(ok(hal_device_close(other)));
  EXPECT_GT(launches, 0U);
}

class EndlessKernel : public Fault {};

TEST_F(EndlessKernel, EndsAtTheLaunchsLimitWithItsName) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const std::uint64_t before = Launch(executable["bump"]).mem(counter).ticket();
  const std::uint64_t stuck = Launch(executable["endless"]).timeout(50'000'000).ticket();
  std::uint64_t behind = 0;
  const hal_status_t submitted = Launch(executable["bump"]).mem(counter).submit(&behind);
  wait(before);
  refuses(HAL_ERR_KERNEL_TIMEOUT, "hal_stream_wait", {"endless"},
          [&] { return hal_stream_wait(own_, stuck, kPatienceNs); });
  EXPECT_EQ(expect_kernel("endless").fault_flags & HAL_FAULT_HAS_ADDR, 0U) << "the kernel accessed no memory";
  if (submitted == HAL_OK) {
    EXPECT_TRUE(is(HAL_ERR_DEVICE_LOST, hal_stream_wait(own_, behind, kPatienceNs)));
  }
  EXPECT_EQ(*counter.host<std::uint64_t>(), 1U);
}

TEST_F(EndlessKernel, DoesNotStopAKernelWithinItsLimit) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  for (const std::uint64_t limit : {std::uint64_t{0}, kPatienceNs, HAL_TIMEOUT_FOREVER}) {
    run(Launch(executable["bump"]).mem(counter).timeout(limit));
  }
  EXPECT_EQ(*counter.host<std::uint64_t>(), 3U);
}

TEST_F(EndlessKernel, IsEndedByAReset) {
  hal_executable_t executable = nullptr;
  hal_kernel_t endless = nullptr;
  ASSERT_TRUE(ok(hal_executable_load_file(device_, object("basics").c_str(), &executable)));
  ASSERT_TRUE(ok(hal_executable_find(executable, "endless", &endless)));
  const std::uint64_t ticket = Launch(endless).timeout(HAL_TIMEOUT_FOREVER).blocks(4).ticket();
  EXPECT_EQ(hal_stream_wait(own_, ticket, 1'000'000), HAL_ERR_TIMEOUT);
  expect_reset_works();
}

class DeviceProcess : public Fault {};

TEST_F(DeviceProcess, ThatIsKilledIsALostDeviceForItsWaiters) {
  const Executable executable(device_, object("basics"));
  const Memory box = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const std::uint64_t ticket = Launch(executable["hold"]).mem(box).ticket();
  EXPECT_TRUE(Box(box).hears(1));
  ASSERT_EQ(kill(static_cast<pid_t>(property(HAL_PROPERTY_DEVICE_PROCESS_ID)), SIGKILL), 0);
  expect_lost(hal_stream_wait(own_, ticket, kPatienceNs));
  expect_no_kernel();
  EXPECT_EQ(box.host<std::uint32_t>()[1], 1U);
}

TEST_F(DeviceProcess, IsAnotherOneAfterAReset) {
  const std::uint64_t first = property(HAL_PROPERTY_DEVICE_PROCESS_ID);
  ASSERT_EQ(kill(static_cast<pid_t>(first), SIGKILL), 0);
  expect_reset_works();
  const std::uint64_t second = property(HAL_PROPERTY_DEVICE_PROCESS_ID);
  EXPECT_NE(second, first);
  EXPECT_EQ(kill(static_cast<pid_t>(second), 0), 0);
}

class Reset : public Conformance {};

TEST_F(Reset, OfAHealthyDeviceGivesAnEmptyOne) {
  const auto all_free = known(HAL_PROPERTY_MEMORY_FREE_BYTES);
  const auto mapped_free = known(HAL_PROPERTY_MAPPED_FREE_BYTES);
  for (int round = 0; round < 3; ++round) {
    const hal_mem_t mem = allocate(HAL_MEM_DEVICE, 1 << 20).release();
    const hal_mem_t mapped = allocate(HAL_MEM_HOST_MAPPED, 1 << 20).release();
    hal_stream_t stream = nullptr;
    ASSERT_TRUE(ok(hal_stream_create(device_, 0, &stream)));
    std::uint64_t ticket = 0;
    ASSERT_TRUE(ok(hal_fill(stream, mem, 0, 64, 1, &ticket)));
    ASSERT_TRUE(ok(hal_device_reset(device_)));
    if (ours_alone()) {
      EXPECT_EQ(known(HAL_PROPERTY_MEMORY_FREE_BYTES), all_free);
      EXPECT_EQ(known(HAL_PROPERTY_MAPPED_FREE_BYTES), mapped_free);
    }
    EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(hal_mem_free(mapped), HAL_ERR_INVALID_ARGUMENT);
    EXPECT_EQ(hal_stream_destroy(stream), HAL_ERR_INVALID_ARGUMENT);
    ASSERT_TRUE(ok(hal_device_stream(device_, &own_)));
    const Executable executable(device_, object("basics"));
    const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
    run(Launch(executable["bump"]).mem(counter));
    EXPECT_EQ(*counter.host<std::uint64_t>(), 1U);
  }
}

}  // namespace
}  // namespace hal::conformance
