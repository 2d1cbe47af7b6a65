// SPDX-License-Identifier: Apache-2.0
//
// Injected failures, the list of calls, recent errors, settings, and the state that threads and devices share.
#include <thread>

#include "vendor.hpp"

namespace vendor {
namespace {

class Control : public Ready {};
class Settings : public Opened {};

TEST_F(Control, AnInjectedFailureMakesTheNthCallFailAndDoNothing) {
  standin_fail("aclrtMalloc", 2, 207001);
  void *first = nullptr, *second = nullptr, *third = nullptr;
  EXPECT_EQ(aclrtMalloc(&first, 64, 0), 0);
  EXPECT_EQ(aclrtMalloc(&second, 64, 0), 207001);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(aclrtMalloc(&third, 64, 0), 0);
  EXPECT_EQ(standin_fail_clear(), 0U);
  EXPECT_EQ(aclrtFree(first), 0);
  EXPECT_EQ(aclrtFree(third), 0);
}

TEST_F(Control, AnInjectedFailureOfEveryCallLastsUntilItIsCleared) {
  standin_fail("aclrtCreateStream", 0, 207008);
  void *stream = nullptr;
  EXPECT_EQ(aclrtCreateStream(&stream), 207008);
  EXPECT_EQ(aclrtCreateStream(&stream), 207008);
  EXPECT_EQ(standin_fail_clear(), 0U);
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
}

TEST_F(Control, AnInjectedFailureThatDidNotHappenIsReported) {
  standin_fail("aclrtMalloc", 1, 207001);
  EXPECT_EQ(standin_fail_clear(), 1U);
}

TEST_F(Control, FunctionsWithoutACodeFailWithNull) {
  standin_fail("aclrtGetSocName", 1, 500000);
  EXPECT_EQ(aclrtGetSocName(), nullptr);
  EXPECT_STREQ(aclrtGetSocName(), "Ascend910B1");
}

TEST_F(Control, FailuresCanBeInjectedWithOneText) {
  EXPECT_EQ(standin_set("FAIL", "aclrtMalloc#1=207001;aclrtFree#*=107000"), 0);
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 207001);
  EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 0);
  EXPECT_EQ(aclrtFree(memory), 107000);
  standin_fail_clear();
  EXPECT_EQ(aclrtFree(memory), 0);
  for (const char *bad : {"aclrtMalloc", "aclrtMalloc#x=1", "#1=1", "aclrtMalloc#1=", "aclrtMalloc#0=1"}) {
    EXPECT_EQ(standin_set("FAIL", bad), -1) << bad;
  }
}

TEST_F(Control, CallsAreRecordedInOrderWithArgumentsThreadAndCode) {
  standin_calls_clear();
  void *memory = nullptr;
  std::thread([&] {
    EXPECT_EQ(aclrtSetDevice(0), 0);
    EXPECT_EQ(aclrtMalloc(&memory, 96, 0), 0);
  }).join();
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  ASSERT_EQ(standin_calls(), 4U);
  standin_call_t call = {};
  EXPECT_EQ(standin_call(1, &call), 0);
  EXPECT_STREQ(call.function, "aclrtMalloc");
  EXPECT_NE(std::string(call.arguments).find(", 96, 0"), std::string::npos) << call.arguments;
  EXPECT_EQ(call.code, 0);
  EXPECT_EQ(call.family, 'a');
  standin_call_t other = {};
  EXPECT_EQ(standin_call(2, &other), 0);
  EXPECT_STREQ(other.function, "aclrtFree");
  EXPECT_NE(call.thread, other.thread);
  EXPECT_EQ(standin_call(4, &other), -1);
  EXPECT_EQ(standin_calls_of("aclrtFree"), 1U);
}

TEST_F(Control, CallsOfTheOtherFamilyAreRecordedWithThatFamily) {
  void *memory = nullptr;
  EXPECT_EQ(rtMalloc(&memory, 64, 0, 0), 0);
  EXPECT_EQ(last_call("rtMalloc").family, 'r');
  EXPECT_EQ(rtFree(memory), 0);
}

TEST_F(Control, TheRecentErrorBelongsToTheThreadAndReadingItClearsIt) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 0, 0), 100000);
  std::thread([this] { EXPECT_EQ(recent(), ""); }).join();
  EXPECT_NE(recent().find("aclrtMalloc failed with 100000"), std::string::npos);
  EXPECT_EQ(recent(), "");
}

TEST_F(Control, OnlyTheLatestTextOfARecentErrorIsValid) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 0, 0), 100000);
  const char *kept = aclGetRecentErrMsg();
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept[0], 'E');
  EXPECT_EQ(aclrtMalloc(&memory, 0, 0), 100000);
  EXPECT_EQ(kept[0], '#') << "an old pointer must not stay readable";
}

TEST_F(Control, DeviceMemoryIsNotClearedAndTheHostCannotReadIt) {
  void *memory = device_memory(64);
  unsigned char byte = 0;
  EXPECT_EQ(aclrtMemcpy(&byte, 1, memory, 1, device_to_host), 0);
  EXPECT_EQ(byte, 0xa5);
  EXPECT_EXIT(*static_cast<volatile char *>(memory) = 1; std::_Exit(0), testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EQ(aclrtFree(memory), 0);
}

TEST_F(Control, ASizeIsRoundedUpAndATailIsAdded) {
  std::size_t before = 0, after = 0, total = 0;
  EXPECT_EQ(aclrtGetMemInfo(1, &before, &total), 0);
  EXPECT_EQ(total, std::size_t{4} << 30);
  void *memory = device_memory(4096);
  EXPECT_EQ(aclrtGetMemInfo(1, &after, &total), 0);
  EXPECT_GE(before - after, 4096U + 32U);
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtGetMemInfo(1, &after, &total), 0);
  EXPECT_EQ(after, before);
}

TEST_F(Control, ThreadsThatSetADeviceShareItsContextUntilTheLastReset) {
  void *mine = nullptr, *theirs = nullptr;
  EXPECT_EQ(aclrtGetCurrentContext(&mine), 0);
  std::thread([&] {
    EXPECT_EQ(aclrtSetDevice(0), 0);
    EXPECT_EQ(aclrtGetCurrentContext(&theirs), 0);
    EXPECT_EQ(aclrtResetDevice(0), 0);
    EXPECT_EQ(aclrtGetCurrentContext(&theirs), 0) << "the first of two resets keeps the context";
  }).join();
  EXPECT_EQ(mine, theirs);
}

TEST_F(Settings, AnUnknownSettingIsRefused) { EXPECT_EQ(standin_set("SOCK", "Ascend910B1"), -1); }

TEST_F(Settings, TheSocIsTheConfiguredOne) {
  EXPECT_EQ(standin_set("SOC", "Ascend950PR_9579"), 0);
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_STREQ(aclrtGetSocName(), "Ascend950PR_9579");
  char name[64] = {};
  EXPECT_EQ(rtGetSocVersion(name, sizeof name), 0);
  EXPECT_STREQ(name, "Ascend950PR_9579");
  EXPECT_EQ(standin_set("SOC", "NULL"), 0);
  EXPECT_EQ(aclrtGetSocName(), nullptr);
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(Settings, FirstGenerationChipsCannotMapHostMemory) {
  standin_set("SOC", "Ascend910B");
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 207000);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(Settings, VisibleDevicesEndAtTheFirstInvalidEntry) {
  const std::pair<const char *, uint32_t> lists[] = {{"0,1", 2}, {"1", 1},   {"0, 1", 1},
                                                     {"1,0", 1}, {"0,7", 1}, {"", 0}};
  for (const auto &[list, devices] : lists) {
    ::setenv("ASCEND_RT_VISIBLE_DEVICES", list, 1);
    standin_set("DEVICES", "2");
    uint32_t count = 9;
    EXPECT_EQ(aclrtGetDeviceCount(&count), 0);
    EXPECT_EQ(count, devices) << '"' << list << '"';
  }
}

TEST_F(Settings, IdentifiesItselfAsAStandIn) {
  EXPECT_NE(std::string(standin_version()).find("stand-in"), std::string::npos);
  if (aclsysGetVersionStr == nullptr) return;
  char package[] = "runtime", text[128] = {};
  EXPECT_EQ(aclsysGetVersionStr(package, text), 0);
  EXPECT_NE(std::string(text).find("-standin"), std::string::npos) << text;
}

}  // namespace
}  // namespace vendor
