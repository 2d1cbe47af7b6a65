// SPDX-License-Identifier: Apache-2.0
//
// HAL_FAULTS over the fake backend.
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

// libhal starts anew when a test sets HAL_FAULTS.
class Faults : public FakeDevice {
 protected:
  void order(const std::string &text) {
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

TEST_F(Faults, ANumberedCallFailsOnceAndSaysWhoOrderedIt) {
  order("mem_alloc#2=PERMISSION_DENIED");
  EXPECT_EQ(try_alloc(), HAL_OK);
  EXPECT_EQ(try_alloc(), HAL_ERR_PERMISSION_DENIED);
  EXPECT_EQ(last_message(), "injected by HAL_FAULTS: mem_alloc#2");
  EXPECT_STREQ(last_error().function, "hal_mem_alloc");
  EXPECT_TRUE(contains(last_hint(), "HAL_FAULTS"));
  EXPECT_EQ(try_alloc(), HAL_OK);
}

TEST_F(Faults, AStarFailsEachCall) {
  order("device_wait#*=TIMEOUT;device_wait#2=BUSY");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(hal_device_wait(device, 0), HAL_ERR_TIMEOUT) << "the first rule that fits";
}

TEST_F(Faults, KillEndsTheProcessThatPassesThere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a forked child may not use libhal
  EXPECT_EXIT(
      {
        order("mem_alloc#2=KILL");
        EXPECT_EQ(try_alloc(), HAL_OK);
        try_alloc();
      },
      ::testing::KilledBySignal(SIGKILL), "mem_alloc#2=KILL: ending this process");
}

TEST_F(Faults, AFaultPointFailsInsideThePluginWithItsStory) {
  order("fake.alloc#1=UNAVAILABLE");
  EXPECT_EQ(try_alloc(), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(last_message(), "injected by HAL_FAULTS: fake.alloc#1");
  EXPECT_STREQ(last_error().component, "fake-sim");
  EXPECT_EQ(try_alloc(), HAL_OK);
}

TEST_F(Faults, CountingGoesOnOverAShutdownAndStartsAnewWithANewText) {
  order("mem_alloc#2=BUSY");
  EXPECT_EQ(try_alloc(), HAL_OK);
  order("mem_alloc#2=BUSY");
  EXPECT_EQ(try_alloc(), HAL_ERR_BUSY);
  order("mem_alloc#1=BUSY");
  EXPECT_EQ(try_alloc(), HAL_ERR_BUSY);
}

TEST_F(Faults, TheStartSaysInOneLineWhatWillFail) {
  const LogCapture log;
  order("mem_alloc#2=BUSY;fake.alloc#*=TIMEOUT");
  EXPECT_EQ(log.line_with("HAL_FAULTS"),
            "HAL_FAULTS is set: libhal will inject mem_alloc#2=BUSY and fake.alloc#*=TIMEOUT");
}

TEST_F(Faults, TheEndSaysWhichFaultPointsWereNeverPassed) {
  order("fake.aloc#1=BUSY");
  EXPECT_EQ(try_alloc(), HAL_OK);
  const LogCapture log;
  order("none");
  EXPECT_EQ(log.line_with("HAL_FAULTS"),
            "HAL_FAULTS: fault point fake.aloc was never reached. Points reached: fake.alloc");
}

TEST_F(Faults, NoneOnlyCountsAndLevelTraceTellsTheNumbers) {
  order("none");
  hal_log_set_level(HAL_LOG_TRACE);
  const LogCapture log;
  EXPECT_EQ(try_alloc(), HAL_OK);
  hal_log_set_level(HAL_LOG_WARN);
  EXPECT_EQ(log.line_with("mem_alloc"), "HAL_FAULTS: mem_alloc#1");
  EXPECT_EQ(log.line_with("fake.alloc"), "HAL_FAULTS: fake.alloc#1");
}

TEST(FaultsAtInit, BadGrammarIsRefusedWithThePartAndTheNearestSpelling) {
  set_faults("mem_free#1=BUSY;strem_wait#1=TIMEOUT");
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "in \"strem_wait#1=TIMEOUT\"")) << last_message();
  EXPECT_TRUE(contains(last_message(), "stream_wait")) << last_message();
  unsetenv("HAL_FAULTS");
}

TEST(FaultsAtInit, InitAndShutdownCanFailToo) {
  set_faults("init#1=UNAVAILABLE;init#3=BUSY;shutdown#1=BUSY");
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "it did not start";
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_BUSY) << "and is not counted";
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
  EXPECT_EQ(hal_shutdown(), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION);
  unsetenv("HAL_FAULTS");
}

TEST(FaultsOfThePair, FailWithBothOutputsNull) {
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

TEST(FaultsOfThePair, ADeviceThatItsWayBackCannotCloseIsClosedByTheShutdown) {
  setenv("HAL_BACKEND", "fake-noalloc", 1);
  setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
  set_faults("device_close#1=BUSY");
  void *host = nullptr;
  void *dev = nullptr;
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_ERR_UNSUPPORTED) << last_message();
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_ERR_UNSUPPORTED) << "on the device that is open still";
  EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
  EXPECT_EQ(hal_shutdown(), HAL_ERR_FAILED_PRECONDITION) << "nobody holds libhal";
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

TEST(FaultsWithElevatedPrivileges, AreIgnoredAndOneLineSaysSo) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the leak checker ends a set-uid program";
#endif
  constexpr uid_t kNobody = 65534;
  const std::string copy = HAL_ELEVATED ".copy";
  struct statvfs where = {};
  if (getuid() != 0) GTEST_SKIP() << "only root can make a set-uid program of somebody else's";
  ASSERT_TRUE(std::filesystem::copy_file(HAL_ELEVATED, copy, std::filesystem::copy_options::overwrite_existing));
  ASSERT_EQ(statvfs(copy.c_str(), &where), 0);
  if ((where.f_flag & ST_NOSUID) != 0) GTEST_SKIP() << "set-uid means nothing here";
  ASSERT_EQ(chown(copy.c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(chmod(copy.c_str(), 04755), 0);
  set_faults("init#1=BUSY");
  EXPECT_TRUE(contains(output_of(HAL_ELEVATED), "hal_init: BUSY"));
  const std::string elevated = output_of(copy);
  unsetenv("HAL_FAULTS");
  std::filesystem::remove(copy);
  if (contains(elevated, "Permission denied")) GTEST_SKIP() << "another user cannot come here: " << elevated;
  EXPECT_TRUE(contains(elevated, "hal_init: OK")) << elevated;
  EXPECT_TRUE(contains(elevated, "elevated privileges and ignores HAL_FAULTS")) << elevated;
}

}  // namespace
}  // namespace hal::test
