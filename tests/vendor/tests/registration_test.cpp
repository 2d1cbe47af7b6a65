// SPDX-License-Identifier: Apache-2.0
//
// Host registration in each release, and how a device accesses host memory.
#include <sys/mman.h>

#include <cstring>

#include "vendor.hpp"

namespace vendor {
namespace {

class Registration : public Ready {};    // every release
class RegistrationV2 : public Ready {};  // since 8.5
class Before91 : public Ready {};
class Since91 : public Ready {};
class Before85 : public Ready {};

bool host_can_read(const void *address) {
  int ends[2] = {};
  EXPECT_EQ(::pipe(ends), 0);
  const bool read = ::write(ends[1], address, 1) == 1;  // EFAULT instead of a crash
  ::close(ends[0]);
  ::close(ends[1]);
  return read;
}

TEST_F(Registration, ReturnsAnAddressThatDiffersFromTheHosts) {
  void *host = host_memory(3 * 4096);
  auto *page = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(host) + 4095) / 4096 * 4096);
  void *device = map(page, 4096);
  EXPECT_NE(device, page);
  EXPECT_FALSE(host_can_read(device));
  EXPECT_TRUE(host_can_read(page));
  EXPECT_EQ(aclrtHostUnregister(page), 0);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(Registration, SharesTheBytesAndRestoresPrivatePages) {
  const Pages pages(2);
  std::memset(pages.data(), 7, pages.size());
  void *device = map(pages, pages.size());
  pages.data()[pages.size() - 1] = 9;
  unsigned char seen[2] = {};
  EXPECT_EQ(standin_peek(reinterpret_cast<uint64_t>(device), seen, 1), 0);
  EXPECT_EQ(standin_peek(reinterpret_cast<uint64_t>(device) + pages.size() - 1, seen + 1, 1), 0);
  EXPECT_EQ(seen[0], 7);
  EXPECT_EQ(seen[1], 9);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
  EXPECT_EQ(pages.data()[0], 7);
  EXPECT_EQ(pages.data()[pages.size() - 1], 9);
  EXPECT_EQ(standin_peek(reinterpret_cast<uint64_t>(device), seen, 1), -1);
}

TEST_F(Registration, HostAllocationsAreNotPageAligned) {
  void *host = host_memory(4096);
  EXPECT_NE(reinterpret_cast<uintptr_t>(host) % 4096, 0U) << "the vendor guarantees 64 bytes";
  EXPECT_EQ(reinterpret_cast<uintptr_t>(host) % 64, 0U);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(Before85, HasNoSecondSetOfCalls) {
  EXPECT_EQ(aclrtHostRegisterV2, nullptr);
  EXPECT_EQ(aclrtHostGetDevicePointer, nullptr);
  EXPECT_EQ(aclFinalizeReference, nullptr);
  EXPECT_EQ(aclrtLaunchKernelWithHostArgs, nullptr);
  EXPECT_EQ(aclrtBinaryLoadFromData, nullptr);
}

TEST_F(RegistrationV2, AcceptsOnly2AndThePinnedFlag) {
  const Pages pages;
  for (const uint32_t flags : {0U, 1U, 0x80U}) {
    EXPECT_EQ(aclrtHostRegisterV2(pages, pages.size(), flags), 107000) << flags;
  }
  EXPECT_EQ(aclrtHostRegisterV2(nullptr, 4096, v2_mapped), 100000);
  EXPECT_EQ(aclrtHostRegisterV2(pages, 0, v2_mapped), 100000);
  EXPECT_EQ(aclrtHostRegisterV2(pages, pages.size(), v2_mapped), 0);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(RegistrationV2, OfARegisteredRangeIs507910) {
  const Pages pages(2);
  EXPECT_EQ(aclrtHostRegisterV2(pages, pages.size(), v2_mapped), 0);
  EXPECT_EQ(aclrtHostRegisterV2(pages, pages.size(), v2_mapped), 507910);
  EXPECT_EQ(aclrtHostRegisterV2(pages.data() + pages.size() / 2, 64, v2_mapped), 507910);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(RegistrationV2, GetDevicePointerRefusesNullAndFlags) {
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostGetDevicePointer(nullptr, &device, 0), 100000);
  EXPECT_EQ(aclrtHostGetDevicePointer(pages, nullptr, 0), 100000);
  EXPECT_EQ(aclrtHostGetDevicePointer(pages, &device, 1), 100000);
}

TEST_F(Before91, GetDevicePointerOfAnUnknownPointerSucceedsWithNull) {
  const Pages pages;
  void *device = pages;
  EXPECT_EQ(aclrtHostGetDevicePointer(pages, &device, 0), 0);
  EXPECT_EQ(device, nullptr);
}

TEST_F(Since91, GetDevicePointerOfAnUnknownPointerIs107000) {
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostGetDevicePointer(pages, &device, 0), 107000);
  EXPECT_NE(recent().find("EE1011"), std::string::npos);
}

TEST_F(Since91, PinnedAloneNeitherCallsTheDriverNorMaps) {
  standin_set("REGISTER", "unsupported");
  const Pages pages;
  void *device = nullptr;
  EXPECT_EQ(aclrtHostRegisterV2(pages, pages.size(), v2_pinned), 0);
  EXPECT_EQ(aclrtHostGetDevicePointer(pages, &device, 0), 107000);
  EXPECT_EQ(aclrtHostUnregister(pages), 0);
}

TEST_F(RegistrationV2, OfPinnedMemoryFailsWithThePinnedFlag) {
  void *host = host_memory(3 * 4096);
  auto *page = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(host) + 4095) / 4096 * 4096);
  EXPECT_EQ(aclrtHostRegisterV2(page, 4096, v2_mapped | v2_pinned), 107000);
  EXPECT_EQ(aclrtFreeHost(host), 0);
}

TEST_F(Since91, TheCapabilityQueryReportsEachEngineOrThatTheDriverDoesNotKnow) {
  int capability = -1;
  EXPECT_EQ(aclrtHostMemMapCapabilities(0, 2, &capability), 0);
  EXPECT_EQ(capability, 1);
  EXPECT_EQ(aclrtHostMemMapCapabilities(0, 1, &capability), 0);
  EXPECT_EQ(capability, 0) << "\"aic,aiv\" does not contain the control processors";
  EXPECT_EQ(aclrtHostMemMapCapabilities(0, 99, &capability), 100000);
  standin_set("CAPABILITIES", "unknown");
  EXPECT_EQ(aclrtHostMemMapCapabilities(0, 2, &capability), 207000);
}

TEST_F(Since91, NpuArchIsKnown) {
  int64_t arch = 0;
  EXPECT_EQ(aclrtGetDeviceInfo(0, 601, &arch), 0);
  EXPECT_EQ(arch, 2201);
}

TEST_F(Before91, NpuArchIsUnknown) {
  int64_t arch = 0;
  EXPECT_EQ(aclrtGetDeviceInfo(0, 601, &arch), 107000);
}

}  // namespace
}  // namespace vendor
