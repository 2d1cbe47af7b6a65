// SPDX-License-Identifier: Apache-2.0
//
// The behaviour that was measured on the vendor's runtime.
#include <sys/mman.h>

#include <csignal>
#include <thread>

#include "vendor.hpp"

namespace vendor {
namespace {

class Measured : public Opened {};
class MeasuredOnADevice : public Ready {};

TEST_F(Measured, ACallOnAThreadWithoutADeviceIs107002BeforeAndAfterInit) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 107002);
  standin_violations_clear();
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 107002);
  expect_violation("aclrtMalloc on a thread without a current context");
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(Measured, SetDeviceAndLaterCallsWorkWithoutInit) {
  EXPECT_EQ(aclrtSetDevice(0), 0);
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 64, 0), 0);
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(standin_violations(), 4U) << "each call is a violation: the documents require aclInit";
  standin_violations_clear();
}

TEST_F(Measured, DevicesAreCountedBeforeInit) {
  uint32_t count = 0;
  EXPECT_EQ(aclrtGetDeviceCount(&count), 0);
  EXPECT_EQ(count, 2U);
}

TEST_F(Measured, InitTwiceIs100002AndFinalizeTwiceIs100037) {
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclInit(nullptr), 100002);
  EXPECT_EQ(aclFinalize(), 0);
  expect_violation("aclFinalize ends the runtime for 1 other users");
  EXPECT_EQ(aclFinalize(), 100037);
}

TEST_F(Measured, FinalizeWithoutInitIs0) { EXPECT_EQ(aclFinalize(), 0); }

TEST_F(Measured, AnUnknownDeviceIs107001AndAnExtraResetIs507007) {
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(2), 107001);
  EXPECT_EQ(aclrtSetDevice(-1), 107001);
  EXPECT_EQ(aclrtSetDevice(1), 0);
  EXPECT_EQ(aclrtResetDevice(1), 0);
  EXPECT_EQ(aclrtResetDevice(1), 507007);
  expect_violation("ResetDevice(1) without a matching SetDevice");
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(Measured, WithoutADeviceInitIs500000AndTheCountIs0) {
  standin_set("DEVICES", "0");
  uint32_t count = 9;
  EXPECT_EQ(aclInit(nullptr), 500000);
  EXPECT_EQ(aclrtGetDeviceCount(&count), 0);
  EXPECT_EQ(count, 0U);
  EXPECT_EQ(aclrtSetDevice(0), 107001);
  standin_violations_clear();
}

TEST_F(Measured, OnlyTheCountReportsWhyTheDriverFails) {
  const std::pair<const char *, int> answers[] = {{"permission", 207006}, {"nodevice", 207004}, {"error", 507899}};
  for (const auto &[driver, code] : answers) {
    standin_set("DRIVER", driver);
    uint32_t count = 0;
    EXPECT_EQ(aclrtGetDeviceCount(&count), code) << driver;
    EXPECT_EQ(aclInit(nullptr), 0) << driver;
    EXPECT_EQ(aclrtSetDevice(0), 507033) << driver << ": the code does not show the reason";
    EXPECT_EQ(aclFinalize(), 0) << driver;
  }
}

TEST_F(MeasuredOnADevice, HostRegisterRefusesNullSizeZeroAndUnknownTypes) {
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(nullptr, 4096, 0, &device), 100000);
  EXPECT_EQ(aclrtHostRegister(pages, 0, 0, &device), 100000);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, nullptr), 100000);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 2, &device), 207000) << "2 means mapped only in the other call";
}

TEST_F(MeasuredOnADevice, HostRegisterIs507899ForUnalignedAndForRegisteredRanges) {
  const Pages pages(3);
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(pages.data() + 64, 64, 0, &device), 507899);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 0);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 507899);
  EXPECT_EQ(aclrtHostRegister(pages.data() + pages.size() / 3, 64, 0, &device), 507899);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(MeasuredOnADevice, HostRegisterRoundsASizeUpToPages) {
  const Pages pages(2);
  void *device = nullptr;
  ASSERT_EQ(aclrtHostRegister(pages, pages.size() / 2 + 1, 0, &device), 0);
  EXPECT_EQ(aclrtHostRegister(pages.data() + pages.size() / 2, 64, 0, &device), 507899);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(MeasuredOnADevice, HostRegisterOfPartlyUnusableMemoryIs107017) {
  const Pages pages(2);
  const std::size_t page = pages.size() / 2;
  void *device = nullptr;
  ASSERT_EQ(::mprotect(pages.data() + page, page, PROT_READ), 0);
  EXPECT_EQ(aclrtHostRegister(pages.data() + page, page, 0, &device), 107017) << "read-only";
  EXPECT_EQ(aclrtHostRegister(pages, 2 * page, 0, &device), 107017) << "partly read-only";
  ASSERT_EQ(::munmap(pages.data() + page, page), 0);
  EXPECT_EQ(aclrtHostRegister(pages.data() + page, page, 0, &device), 107017) << "unmapped";
}

TEST_F(MeasuredOnADevice, HostRegisterIs207000WithoutTheFeature) {
  standin_set("REGISTER", "unsupported");
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 207000);
}

TEST_F(MeasuredOnADevice, HostUnregisterAcceptsOnlyTheStartOfARange) {
  const Pages pages(2);
  EXPECT_EQ(aclrtHostUnregister(nullptr), 100000);
  EXPECT_EQ(aclrtHostUnregister(pages), 507911);
  map(pages, pages.size());
  EXPECT_EQ(aclrtHostUnregister(pages.data() + pages.size() / 2), 507911);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 507911);
}

TEST_F(Measured, HostUnregisterAfterAResetIs107002) {
  const Pages pages;
  EXPECT_EQ(aclInit(nullptr), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  expect_violation("device 0 was reset with 1 registrations not unregistered");
  EXPECT_EQ(aclrtHostUnregister(pages), 107002);
  expect_violation("aclrtHostUnregister on a thread without a current context");
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(MeasuredOnADevice, SizeZeroAndANullAddressAre100000) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 0, 0), 100000);
  EXPECT_EQ(aclrtMallocHost(&memory, 0), 100000);
  EXPECT_EQ(aclrtFree(nullptr), 100000);
  EXPECT_EQ(aclrtFreeHost(nullptr), 100000);
}

TEST_F(MeasuredOnADevice, AForeignOrFreedPointerIs107000) {
  void *memory = device_memory(64);
  EXPECT_EQ(aclrtFreeHost(memory), 107000);
  expect_violation("which is not a host allocation");
  EXPECT_EQ(aclrtFree(memory), 0);
  EXPECT_EQ(aclrtFree(memory), 107000);
  expect_violation("which is not a device allocation");
  int foreign = 0;
  EXPECT_EQ(aclrtFree(&foreign), 107000);
  expect_violation("which is not a device allocation");
}

TEST_F(MeasuredOnADevice, MallocBeyondTheMemoryIs207001AndOfSizeMaxIs100000) {
  void *memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, std::size_t{1} << 40, 0), 207001);
  EXPECT_EQ(aclrtMalloc(&memory, SIZE_MAX, 0), 100000);
}

TEST_F(MeasuredOnADevice, MemcpyChecksPointersAndSizesButNotTheDirection) {
  char host[64] = {};
  void *device = device_memory(64);
  EXPECT_EQ(aclrtMemcpy(nullptr, 0, nullptr, 0, host_to_device), 0);
  EXPECT_EQ(aclrtMemcpy(nullptr, 64, host, 64, host_to_device), 100000);
  EXPECT_EQ(aclrtMemcpy(device, 32, host, 64, host_to_device), 107000);
  EXPECT_EQ(aclrtMemcpy(device, 64, host, 64, device_to_host), 0);
  expect_violation("with kind 2, but the addresses need kind 1");
  EXPECT_EQ(aclrtFree(device), 0);
}

TEST_F(MeasuredOnADevice, ADestroyedStreamIs107017) {
  void *stream = nullptr;
  EXPECT_EQ(aclrtCreateStream(&stream), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 0);
  EXPECT_EQ(aclrtDestroyStream(stream), 107017);
  EXPECT_EQ(aclrtSynchronizeStream(stream), 107017);
}

// ---- The effects of opening the library ---------------------------------------------------------------------------

bool is_default(int number) {
  struct sigaction action = {};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler == SIG_DFL;
}

TEST(OpeningTheRuntime, ReplacesThirteenSignalHandlersAndStartsAThread) {
  const int signals[] = {SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,      SIGFPE,
                         SIGSEGV, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS,  SIGRTMIN + 1};
  for (const int number : signals) std::signal(number, SIG_DFL);
  std::thread([] {}).join();  // a sanitizer starts its own thread together with the first one
  const std::size_t before = threads_of_this_process();
  ASSERT_NE(::dlopen(library_path(variant(), "libascendcl.so").c_str(), RTLD_NOW), nullptr) << ::dlerror();
  for (const int number : signals) EXPECT_FALSE(is_default(number)) << number;
  EXPECT_TRUE(is_default(SIGUSR1));
  EXPECT_EQ(threads_of_this_process(), before + 1);
}

TEST(OpeningTheRuntime, ReplacesNoHandlersIfTheEnvironmentForbidsIt) {
  std::signal(SIGTERM, SIG_DFL);
  ::setenv("ASCEND_COREDUMP_SIGNAL", "none", 1);
  const std::size_t before = threads_of_this_process();
  ASSERT_NE(::dlopen(library_path(variant(), "libascendcl.so").c_str(), RTLD_NOW), nullptr) << ::dlerror();
  EXPECT_TRUE(is_default(SIGTERM));
  EXPECT_EQ(threads_of_this_process(), before);
}

TEST(OpeningTheRuntime, CannotBeUndone) {
  const std::string path = library_path(variant(), "libascendcl.so");
  void *library = ::dlopen(path.c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  EXPECT_EQ(::dlclose(library), 0);
  EXPECT_NE(::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr);
}

TEST_F(Measured, SetDeviceStartsFiveThreadsAndThreeOfThemStay) {
  EXPECT_EQ(aclInit(nullptr), 0);
  const std::size_t before = threads_of_this_process();
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(threads_of_this_process(), before + 5);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(threads_of_this_process(), before + 3);
  EXPECT_EQ(aclFinalize(), 0);
}

TEST_F(MeasuredOnADevice, TheTableOfRegistrationsIsOneForTheProcessAndLosesMappings) {
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 0);
  EXPECT_EQ(aclrtSetDevice(1), 0);
  EXPECT_EQ(aclrtHostRegister(pages, pages.size(), 0, &device), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  EXPECT_EQ(aclrtResetDevice(1), 0);
  EXPECT_EQ(aclrtSetDevice(0), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 507911);
  standin_live_t live = {};
  standin_live(&live);
  EXPECT_EQ(live.registrations, 1U) << "the registration leaks";
  EXPECT_EQ(aclrtResetDevice(0), 0);
  EXPECT_EQ(aclrtResetDevice(0), 0);
  expect_violation("device 0 was reset with 1 registrations not unregistered");
  EXPECT_EQ(aclrtSetDevice(0), 0);
}

}  // namespace
}  // namespace vendor
