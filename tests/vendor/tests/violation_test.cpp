// SPDX-License-Identifier: Apache-2.0
//
// Causes each violation once and checks that it is reported.
#include <sys/mman.h>

#include <thread>

#include "vendor.hpp"

namespace vendor {
namespace {

class Violation : public Ready {};
class ViolationOfPairs : public Opened {};

char *first_page(void *memory) {
  return reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(memory) + 4095) / 4096 * 4096);
}

TEST_F(Violation, OfFreeingHostMemoryThatIsRegistered) {
  void *host = host_memory(3 * 4096);
  map(first_page(host), 4096);
  EXPECT_EQ(aclrtFreeHost(host), 0);
  expect_violation("was freed while");
}

TEST_F(Violation, OfUnmappingTheCallersMemoryThatIsRegistered) {
  const Pages pages;
  map(pages, pages.size());
  ASSERT_NE(::mmap(pages, pages.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
            MAP_FAILED);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  expect_violation("was unmapped or replaced while it was registered");
}

TEST_F(Violation, OfACopyToOrFromAMappedDeviceAddress) {
  const Pages pages;
  char bytes[64] = {};
  void *device = map(pages, pages.size());
  EXPECT_EQ(aclrtMemcpy(device, 64, bytes, 64, host_to_device), 107000);
  expect_violation("on the mapped device address");
  EXPECT_EQ(aclrtMemcpy(bytes, 64, device, 64, device_to_host), 107000);
  expect_violation("on the mapped device address");
  EXPECT_EQ(aclrtMemset(device, 64, 0, 64), 107000);
  expect_violation("on the mapped device address");
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(Violation, OfACopyBeyondAnAllocation) {
  char bytes[128] = {};
  void *device = device_memory(64);
  EXPECT_EQ(aclrtMemcpy(device, 128, bytes, 128, host_to_device), 107000);
  expect_violation("are not within one device allocation");
  EXPECT_EQ(aclrtFree(device), 0);
}

TEST_F(Violation, OfACallWithoutAContextOnAnotherThread) {
  std::thread([this] {
    void *memory = nullptr;
    EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 107002);
  }).join();
  expect_violation("aclrtMalloc on a thread without a current context");
}

TEST_F(Violation, OfChangingTheCallersContext) {
  void *context = nullptr;
  EXPECT_EQ(aclrtCreateContext(&context, 0), 0);
  standin_context_check_begin();
  EXPECT_EQ(standin_context_check_end(), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);  // makes the device's own context current
  EXPECT_EQ(standin_context_check_end(), 1);
  expect_violation("the caller's context changed from");
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclrtDestroyContext(context), 0);
}

TEST_F(Violation, OfSettingADestroyedContext) {
  void *context = nullptr;
  EXPECT_EQ(aclrtCreateContext(&context, 0), 0);
  EXPECT_EQ(aclrtDestroyContext(context), 0);
  EXPECT_EQ(aclrtSetCurrentContext(context), 107000);
  expect_violation("to an unknown or destroyed context");
  EXPECT_EQ(aclrtSetCurrentContext(nullptr), 100000) << "a thread's context cannot be unset";
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
}

TEST_F(Violation, OfOneAllocationUsedByTwoFamilies) {
  void *device = device_memory(64), *host = host_memory(64);
  EXPECT_EQ(rtFree(device), 0);
  expect_violation("rtFree on");
  EXPECT_EQ(rtFreeHost(host), 0);
  expect_violation("of the other family");
}

TEST_F(Violation, OfACopyOfOneFamilyOnAnAllocationOfTheOther) {
  char bytes[64] = {};
  void *device = device_memory(64);
  EXPECT_EQ(rtMemcpyAsync(device, 64, bytes, 64, host_to_device, nullptr), 0);
  expect_violation("of the other family");
  EXPECT_EQ(aclrtFree(device), 0);
}

TEST_F(Violation, OfUnregisteringWhileAStreamHasWork) {
  const Pages pages;
  void *stream = nullptr, *event = nullptr;
  map(pages, pages.size());
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, event_sync), 0);
  EXPECT_EQ(aclrtStreamWaitEvent(stream, event), 0);  // waits, because the event was never recorded
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  expect_violation("was unregistered while stream");
  EXPECT_EQ(aclrtStreamAbort(stream), 0);
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
}

TEST_F(Violation, OfUnregisteringOnAnotherDeviceThanTheOneThatRegistered) {
  const Pages pages;
  map(pages, pages.size());
  EXPECT_EQ(aclrtSetDevice(1), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 507899);
  expect_violation("was unregistered on device 1, where it is not registered");
  EXPECT_EQ(aclrtResetDevice(1), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
}

TEST_F(Violation, OfDestroyingAStreamWithWork) {
  void *stream = nullptr, *event = nullptr;
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, event_sync), 0);
  EXPECT_EQ(aclrtStreamWaitEvent(stream, event), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
  expect_violation("was destroyed with work in it");
  EXPECT_EQ(aclrtDestroyEvent(event), 0);
}

TEST_F(Violation, OfAConfigurationFile) {
  EXPECT_EQ(aclInit("acl.json"), 100002);
  expect_violation("aclInit with a configuration file");
  EXPECT_EQ(aclFinalize(), 0);
  expect_violation("ends the runtime for 1 other users");
  EXPECT_EQ(aclInit(nullptr), 0);
}

TEST_F(Violation, OfAForcedResetOfADeviceThatOthersUse) {
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtResetDeviceForce(0), 0);
  expect_violation("closes the device for 1 other users");
  EXPECT_EQ(aclrtSetDevice(0), 0);
}

TEST_F(ViolationOfPairs, OfSettingWithoutResettingAndInitWithoutFinalize) {
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(standin_check_closed(), 2U);
  EXPECT_EQ(std::string(standin_violation(0)), "at the end: 1 aclInit without its aclFinalize or aclFinalizeReference");
  EXPECT_EQ(std::string(standin_violation(1)), "at the end: 1 SetDevice without its ResetDevice");
  standin_violations_clear();
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclFinalize(), 0);
  EXPECT_EQ(standin_check_closed(), 0U);
}

TEST_F(ViolationOfPairs, OfEachRemainingObject) {
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  const Pages pages;
  void *device = nullptr, *host = nullptr, *stream = nullptr, *event = nullptr, *context = nullptr, *mapped = nullptr;
  EXPECT_EQ(aclrtMalloc(&device, 64, 0), 0);
  EXPECT_EQ(aclrtMallocHost(&host, 64), 0);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &mapped), 0);
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtCreateEventWithFlag(&event, event_sync), 0);
  EXPECT_EQ(aclrtCreateContext(&context, 0), 0);
  EXPECT_EQ(standin_check_closed(), 8U);
  standin_violations_clear();
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(standin_violations(), 5U) << "a reset removes everything except the host allocation";
  standin_violations_clear();
  EXPECT_EQ(aclFinalize(), 0);
  EXPECT_EQ(standin_check_closed(), 1U);
  expect_violation("1 host allocations not freed");
}

}  // namespace
}  // namespace vendor
