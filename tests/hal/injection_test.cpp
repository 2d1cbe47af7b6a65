// SPDX-License-Identifier: Apache-2.0
//
// HAL_FAULTS with the fake backend.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "api_fixture.hpp"
#include "hal/share_mem.h"
#include "log_capture.hpp"

namespace hal::test {
namespace {

void set_faults(const std::string &text) { setenv("HAL_FAULTS", text.c_str(), 1); }

// inject() sets HAL_FAULTS and restarts libhal.
class Injection : public FakeDevice {
 protected:
  void inject(const std::string &text) {
    FakeDevice::TearDown();
    set_faults(text);
    FakeDevice::SetUp();
  }
  void TearDown() override {
    FakeDevice::TearDown();
    unsetenv("HAL_FAULTS");
  }
  hal_status_t try_alloc() {
    const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 4096);
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_alloc(device, &desc, &mem);
    if (status == HAL_OK) {
      EXPECT_EQ(hal_mem_free(mem), HAL_OK);
    }
    return status;
  }
};

TEST_F(Injection, FailsANumberedCallOnceAndNamesHalFaults) {
  inject("mem_alloc#2=PERMISSION_DENIED");
  EXPECT_EQ(try_alloc(), HAL_OK);
  EXPECT_EQ(try_alloc(), HAL_ERR_PERMISSION_DENIED);
  EXPECT_EQ(last_message(), "injected by HAL_FAULTS: mem_alloc#2");
  EXPECT_STREQ(last_error().function, "hal_mem_alloc");
  EXPECT_TRUE(contains(last_hint(), "HAL_FAULTS"));
  EXPECT_EQ(try_alloc(), HAL_OK);
}

TEST_F(Injection, WithAStarFailsEveryCall) {
  inject("device_wait#*=TIMEOUT;device_wait#2=BUSY");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(hal_device_wait(device, 0), HAL_ERR_TIMEOUT) << "the first matching rule applies";
}

TEST_F(Injection, OfAKillEndsTheProcessThatReachesThePoint) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a forked child may not use libhal
  EXPECT_EXIT(
      {
        inject("mem_alloc#2=KILL");
        EXPECT_EQ(try_alloc(), HAL_OK);
        try_alloc();
      },
      ::testing::KilledBySignal(SIGKILL), "mem_alloc#2=KILL: ending this process");
}

TEST_F(Injection, AtAFaultPointFailsInsideThePlugin) {
  inject("fake.alloc#1=UNAVAILABLE");
  EXPECT_EQ(try_alloc(), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(last_message(), "injected by HAL_FAULTS: fake.alloc#1");
  EXPECT_STREQ(last_error().component, "fake-sim");
  EXPECT_EQ(try_alloc(), HAL_OK);
}

TEST_F(Injection, CountsOnAfterAShutdownAndRestartsWithANewText) {
  inject("mem_alloc#2=BUSY");
  EXPECT_EQ(try_alloc(), HAL_OK);
  inject("mem_alloc#2=BUSY");
  EXPECT_EQ(try_alloc(), HAL_ERR_BUSY);
  inject("mem_alloc#1=BUSY");
  EXPECT_EQ(try_alloc(), HAL_ERR_BUSY);
}

TEST_F(Injection, IsAnnouncedAtInitInOneLine) {
  const LogCapture log;
  inject("mem_alloc#2=BUSY;fake.alloc#*=TIMEOUT");
  EXPECT_EQ(log.line_with("HAL_FAULTS"),
            "HAL_FAULTS is set: libhal will inject mem_alloc#2=BUSY and fake.alloc#*=TIMEOUT");
}

TEST_F(Injection, IsReportedAtShutdownIfItsFaultPointWasNeverReached) {
  inject("fake.aloc#1=BUSY");
  EXPECT_EQ(try_alloc(), HAL_OK);
  const LogCapture log;
  inject("none");
  EXPECT_EQ(log.line_with("HAL_FAULTS"),
            "HAL_FAULTS: fault point fake.aloc was never reached. Points reached: fake.alloc");
}

TEST_F(Injection, OfNoneOnlyCountsAndLogLevelTraceShowsTheNumbers) {
  inject("none");
  hal_log_set_level(HAL_LOG_TRACE);
  const LogCapture log;
  EXPECT_EQ(try_alloc(), HAL_OK);
  hal_log_set_level(HAL_LOG_WARN);
  EXPECT_EQ(log.line_with("mem_alloc"), "HAL_FAULTS: mem_alloc#1");
  EXPECT_EQ(log.line_with("fake.alloc"), "HAL_FAULTS: fake.alloc#1");
}

TEST(InjectionAtInit, BadGrammarIsRefusedWithThePartAndTheNearestSpelling) {
  set_faults("mem_free#1=BUSY;strem_wait#1=TIMEOUT");
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "in \"strem_wait#1=TIMEOUT\"")) << last_message();
  EXPECT_TRUE(contains(last_message(), "stream_wait")) << last_message();
  unsetenv("HAL_FAULTS");
}

TEST(InjectionAtInit, InitAndShutdownCanFailToo) {
  set_faults("init#1=UNAVAILABLE;init#3=BUSY;shutdown#1=BUSY");
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "hal_init failed";
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_BUSY) << "a failed hal_init is not counted";
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
  EXPECT_EQ(hal_shutdown(), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION);
  unsetenv("HAL_FAULTS");
}

TEST(InjectionIntoThePair, FailsWithBothOutputsNull) {
  setenv("HAL_BACKEND", "fake-sim", 1);
  setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
  set_faults("mallocHostDeviceShareMem#1=OUT_OF_MEMORY;freeHostDeviceShareMem#1=BUSY");
  void *host = &host;
  void *dev = &dev;
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(host, nullptr);
  EXPECT_EQ(dev, nullptr);
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_OK) << last_message();
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_BUSY);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK) << last_message();
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
  unsetenv("HAL_FAULTS");
  unsetenv("HAL_BACKEND");
}

TEST(InjectionIntoThePair, ADeviceThatAFailedAllocationCannotCloseIsClosedByTheShutdown) {
  setenv("HAL_BACKEND", "fake-noalloc", 1);
  setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
  set_faults("device_close#1=BUSY");
  void *host = nullptr;
  void *dev = nullptr;
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_ERR_UNSUPPORTED) << last_message();
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_ERR_UNSUPPORTED) << "on the device that is still open";
  EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "libhal is shut down";
  unsetenv("HAL_FAULTS");
  unsetenv("HAL_BACKEND");
}

std::string output_of(const std::string &command) {
  std::string output;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 256> block;
  while (fgets(block.data(), static_cast<int>(block.size()), pipe) != nullptr) output += block.data();
  pclose(pipe);
  return output;
}

TEST(InjectionWithElevatedPrivileges, IsIgnoredAndLoggedInOneLine) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the leak checker ends a set-uid program";
#endif
  constexpr uid_t kNobody = 65534;
  const std::string copy = HAL_ELEVATED ".copy";
  struct statvfs where = {};
  if (getuid() != 0) GTEST_SKIP() << "only root can make a set-uid program of another user";
  ASSERT_TRUE(std::filesystem::copy_file(HAL_ELEVATED, copy, std::filesystem::copy_options::overwrite_existing));
  ASSERT_EQ(statvfs(copy.c_str(), &where), 0);
  if ((where.f_flag & ST_NOSUID) != 0) GTEST_SKIP() << "this file system ignores set-uid";
  ASSERT_EQ(chown(copy.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(chmod(copy.c_str(), 04755), 0);
  set_faults("init#1=BUSY");
  EXPECT_TRUE(contains(output_of(HAL_ELEVATED), "hal_init: BUSY"));
  const std::string elevated = output_of(copy);
  unsetenv("HAL_FAULTS");
  std::filesystem::remove(copy);
  if (contains(elevated, "Permission denied")) GTEST_SKIP() << "another user cannot run this file: " << elevated;
  EXPECT_TRUE(contains(elevated, "hal_init: OK")) << elevated;
  EXPECT_TRUE(contains(elevated, "elevated privileges and ignores HAL_FAULTS")) << elevated;
}

}  // namespace
}  // namespace hal::test
