// SPDX-License-Identifier: Apache-2.0
//
// With HAL_DEBUG=1, libhal reports a host crash on a device address.
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

__attribute__((no_sanitize("address", "thread", "undefined"))) void touch(std::uint64_t address) {
  *reinterpret_cast<volatile std::uint32_t *>(address) = 1;
}

// Crashes at offset 64 of device memory with the tag "weights", or at another address.
void crash(const char *debug, void (*before)(int), std::uint64_t elsewhere = 0) {
  signal(SIGSEGV, before);
  setenv("HAL_DEBUG", debug, 1);
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  EXPECT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  EXPECT_TRUE(ok(hal_backend_select(nullptr, &backend)));
  EXPECT_TRUE(ok(hal_device_open(backend, 0, &device)));
  auto desc = describe(HAL_MEM_DEVICE, kPage);
  desc.tag = "weights";
  hal_mem_t mem = nullptr;
  EXPECT_TRUE(ok(hal_mem_alloc(device, &desc, &mem)));
  const std::uint64_t address = elsewhere != 0 ? elsewhere : info_of(mem).device_addr + 64;
  touch(address);
  _exit(0);
}

void leave(int) { _exit(7); }

constexpr const char *kLine =
    "the host crashes at 0x[0-9a-f]+: offset 64 of the device address of DEVICE \"weights\" of "
    "4096 bytes at 0x[0-9a-f]+ on [^ ]+:0; device addresses are for kernels";

constexpr const char *kNothing = "^$";

class HostFault : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFailure()) return;
    if (kind_ != "sim" || !separate_process()) GTEST_SKIP() << "a host access to device memory may succeed here";
    ASSERT_TRUE(ok(hal_device_close(std::exchange(device_, nullptr))));
    ASSERT_TRUE(ok(hal_shutdown()));
    down_ = true;
  }
  void TearDown() override {
    if (down_) {
      ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
    }
    Conformance::TearDown();
  }

 private:
  bool down_ = false;
};

TEST_F(HostFault, OnADeviceAddressIsReportedWithTheAllocationAndStillHappens) {
  EXPECT_EXIT(crash("1", SIG_DFL), testing::KilledBySignal(SIGSEGV), kLine);
}

TEST_F(HostFault, IsPassedToTheEarlierHandler) { EXPECT_EXIT(crash("1", leave), testing::ExitedWithCode(7), kLine); }

TEST_F(HostFault, OnAnotherAddressIsNotReported) {
  EXPECT_EXIT(crash("1", SIG_DFL, 8), testing::KilledBySignal(SIGSEGV), kNothing);
}

TEST_F(HostFault, IsNotReportedWithoutHalDebug) {
  EXPECT_EXIT(crash("0", SIG_DFL), testing::KilledBySignal(SIGSEGV), kNothing);
}

TEST_F(HostFault, HandlerIsGoneAfterTheLastShutdown) {
  struct sigaction before = {};
  struct sigaction during = {};
  struct sigaction after = {};
  sigaction(SIGSEGV, nullptr, &before);
  setenv("HAL_DEBUG", "1", 1);
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  sigaction(SIGSEGV, nullptr, &during);
  ASSERT_TRUE(ok(hal_shutdown()));
  sigaction(SIGSEGV, nullptr, &after);
  unsetenv("HAL_DEBUG");
  EXPECT_NE(during.sa_sigaction, before.sa_sigaction);
  EXPECT_EQ(after.sa_sigaction, before.sa_sigaction);
}

TEST_F(HostFault, HandlerThatTheProgramRemovedIsInstalledAgainByTheNextInit) {
  setenv("HAL_DEBUG", "1", 1);
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  struct sigaction ours = {};
  sigaction(SIGSEGV, nullptr, &ours);
  struct sigaction before = {};
  before.sa_handler = SIG_DFL;
  sigaction(SIGSEGV, &before, nullptr);
  ASSERT_TRUE(ok(hal_shutdown()));
  struct sigaction after = {};
  sigaction(SIGSEGV, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_DFL) << "the handler that the program set stays";
  ASSERT_TRUE(ok(hal_init(HAL_ABI_DRAFT)));
  struct sigaction again = {};
  sigaction(SIGSEGV, nullptr, &again);
  EXPECT_EQ(again.sa_sigaction, ours.sa_sigaction);
  ASSERT_TRUE(ok(hal_shutdown()));
  unsetenv("HAL_DEBUG");
}

}  // namespace
}  // namespace hal::conformance
