// SPDX-License-Identifier: Apache-2.0
//
// The reports about objects that prevent a device or libhal from closing.
#include <dlfcn.h>

#include <cstdlib>

#include "api_fixture.hpp"
#include "hal/share_mem.h"
#include "log_capture.hpp"

namespace hal::test {
namespace {

__attribute__((noinline)) hal_status_t make_memory(hal_device_t device, const char *tag, hal_mem_t *mem) {
  hal_mem_desc_t desc = mem_desc(HAL_MEM_HOST_MAPPED, 12288);
  desc.tag = tag;
  const hal_status_t status = hal_mem_alloc(device, &desc, mem);
  return status == HAL_OK ? status : HAL_ERR_UNKNOWN;  // not a tail call
}

__attribute__((noinline)) int make_pair(void **host, void **dev) {
  const int status = mallocHostDeviceShareMem(0, 4096, host, dev);
  return status == HAL_OK ? status : HAL_ERR_UNKNOWN;
}

// True if the first frame in the line lies in the first bytes of the function.
template <typename Function>
bool comes_from(const std::string &line, Function *function) {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void *>(function), &info) == 0) return false;
  const std::string file = std::string(info.dli_fname) + "+";
  const std::size_t at = line.find(file);
  if (at == std::string::npos) return false;
  const std::uint64_t offset = std::strtoull(line.c_str() + at + file.size(), nullptr, 16);
  const auto start = reinterpret_cast<std::uint64_t>(function) - reinterpret_cast<std::uint64_t>(info.dli_fbase);
  return start < offset && offset < start + 2048;
}

class Leaks : public FakeDevice {
 protected:
  void restart(const char *debug) {
    FakeDevice::TearDown();
    setenv("HAL_DEBUG", debug, 1);
    FakeDevice::SetUp();
  }
  void TearDown() override {
    FakeDevice::TearDown();
    unsetenv("HAL_DEBUG");
  }
};

TEST_F(Leaks, APluginLearnsTheCallSiteOfAnAllocation) {
  for (const char *debug : {"0", "1"}) {
    restart(debug);
    control->note_call_site = true;
    hal_mem_t mem = nullptr;
    ASSERT_EQ(make_memory(device, nullptr, &mem), HAL_OK);
    EXPECT_TRUE(comes_from(control->call_site, &make_memory)) << control->call_site;
    EXPECT_EQ(contains(control->call_site, " < "), std::string(debug) == "1") << "its callers: " << control->call_site;
    EXPECT_EQ(control->call_site_cut, control->call_site.substr(0, 7));
    ASSERT_EQ(hal_mem_free(mem), HAL_OK);
    control->note_call_site = false;
  }
}

TEST_F(Leaks, ABusyCloseReportsEachObjectWithItsKindAndItsCallSite) {
  hal_mem_t mem = nullptr;
  ASSERT_EQ(make_memory(device, "kv-cache", &mem), HAL_OK);
  hal_stream_t stream = nullptr;
  ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
  const hal_executable_t executable = load();
  const LogCapture log;
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "1 memory (HOST_MAPPED \"kv-cache\" of 12288 bytes")) << last_message();
  EXPECT_EQ(log.lines().size(), 3u);
  char address[32];
  std::snprintf(address, sizeof address, "%p", info(mem).host_ptr);
  const std::string line = log.line_with("kv-cache");
  EXPECT_TRUE(contains(line, std::string("device fake-sim:0 still has HOST_MAPPED \"kv-cache\" of 12288 bytes at ") +
                                 address + ", allocated by "))
      << line;
  EXPECT_TRUE(comes_from(line, &make_memory)) << line;
  EXPECT_FALSE(contains(line, " < ")) << "one frame, unless HAL_DEBUG=1: " << line;
  EXPECT_TRUE(contains(log.line_with("stream"), "created by"));
  EXPECT_TRUE(contains(log.line_with("executable bytes"), "loaded by"));
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_stream_destroy(stream), HAL_OK);
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
}

TEST_F(Leaks, WithDebugTheCallersAreNamedToo) {
  restart("1");
  hal_mem_t mem = nullptr;
  ASSERT_EQ(make_memory(device, "kv-cache", &mem), HAL_OK);
  const LogCapture log;
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  const std::string line = log.line_with("kv-cache");
  EXPECT_TRUE(comes_from(line, &make_memory)) << line;
  EXPECT_TRUE(contains(line, " < ")) << line;
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Leaks, ABusyShutdownReportsOpenDevicesAndTheirObjects) {
  hal_mem_t mem = nullptr;
  ASSERT_EQ(make_memory(device, "weights", &mem), HAL_OK);
  const LogCapture log;
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "devices are open: fake-sim:0")) << last_message();
  EXPECT_TRUE(contains(log.line_with("is open"), "device fake-sim:0 is open, 1 time(s), first opened by "));
  EXPECT_TRUE(comes_from(log.line_with("weights"), &make_memory)) << log.line_with("weights");
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Leaks, ALogCallbackThatCallsLibhalChangesNothing) {
  hal_mem_t mem = nullptr;
  ASSERT_EQ(make_memory(device, "weights", &mem), HAL_OK);
  hal_log_set_callback(
      [](void *user, hal_log_level_t, const char *, const char *) {
        hal_stream_t stream = nullptr;
        EXPECT_EQ(hal_device_stream(*static_cast<hal_device_t *>(user), &stream), HAL_OK);
        EXPECT_EQ(hal_mem_free(nullptr), HAL_ERR_INVALID_ARGUMENT);
      },
      &device);
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "still has 1 memory")) << last_message();
  hal_log_set_callback(nullptr, nullptr);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Leaks, ManyObjectsAreCountedAfterTheFirstOnes) {
  constexpr std::size_t kCount = 40;
  std::vector<hal_mem_t> memories(kCount);
  for (hal_mem_t &mem : memories) mem = alloc();
  const LogCapture log;
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  EXPECT_EQ(log.lines().size(), 33u);
  EXPECT_EQ(log.lines().back(), "device fake-sim:0 still has 8 more objects");
  for (hal_mem_t mem : memories) EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST(DebugVariable, IsASwitch) {
  setenv("HAL_DEBUG", "yes", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "HAL_DEBUG is \"yes\"; allowed is 0 or 1")) << last_message();
  unsetenv("HAL_DEBUG");
}

TEST(LeaksOfThePair, AreReportedAtTheCallersAddressNotLibhals) {
  setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
  setenv("HAL_BACKEND", "fake-sim", 1);
  void *host = nullptr;
  void *dev = nullptr;
  ASSERT_EQ(make_pair(&host, &dev), HAL_OK) << last_message();
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  {
    const LogCapture log;
    EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
    const std::string line = log.line_with("\"mallocHostDeviceShareMem\" of 4096 bytes");
    EXPECT_TRUE(comes_from(line, &make_pair)) << line;
  }
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
  unsetenv("HAL_BACKEND");
}

}  // namespace
}  // namespace hal::test
