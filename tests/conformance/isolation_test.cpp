// SPDX-License-Identifier: Apache-2.0
//
// Host and device of a simulator cannot access each other's memory, except shared memory.
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

constexpr std::uint64_t kSecret = 0x5ec7e75ec7e75ec7;

struct Mapping {
  std::uint64_t start = 0, end = 0;
  std::string access;
};

// Returns the mapping of /proc/self/maps that contains the address.
Mapping mapping_of(std::uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0;
    unsigned long end = 0;
    char access[8] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %7s", &start, &end, access) != 3) continue;
    if (address >= start && address < end) return {start, end, access};
  }
  return {};
}

__attribute__((no_sanitize("address", "thread"))) std::uint64_t dereference(std::uint64_t address) {
  return *reinterpret_cast<volatile std::uint64_t *>(address);
}

// Resets the signal handlers first, so that a debugger or a sanitizer does not change how this process ends.
void dereference_and_end(std::uint64_t address) {
  signal(SIGSEGV, SIG_DFL);
  signal(SIGBUS, SIG_DFL);
  (void)dereference(address);
  _exit(0);
}

// P12, for simulators whose device is a process of its own.
class DeviceAddress : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (kind_ != "sim") GTEST_SKIP() << "simulators only";
    if (!separate_process()) GTEST_SKIP() << "the device has no process of its own";
  }
  static void expect_unreadable(std::uint64_t address) {
    EXPECT_EXIT(dereference_and_end(address), testing::KilledBySignal(SIGSEGV), "")
        << "P12: the host can read the device address 0x" << std::hex << address;
  }
  void expect_reserved(std::uint64_t address) {
    const Mapping mapping = mapping_of(address);
    EXPECT_NE(mapping.end, 0U) << "no mapping reserves " << std::hex << address;
    EXPECT_EQ(mapping.access, "---p") << std::hex << address;
  }
  void expect_reserved(const Memory &memory) {
    expect_reserved(memory.address());
    expect_reserved(memory.address() + memory.info().size_bytes / 2);
    expect_reserved(memory.address() + memory.info().size_bytes - 1);
  }
  std::vector<Memory> some_memory() {
    std::vector<Memory> all;
    for (const std::uint64_t size : {std::uint64_t{64}, 4 * kPage, std::uint64_t{32} << 20}) {
      all.push_back(allocate(HAL_MEM_DEVICE, size));
      all.push_back(allocate(HAL_MEM_HOST_MAPPED, size));
      if (has(HAL_MEM_DEVICE_MAPPED)) all.push_back(allocate(HAL_MEM_DEVICE_MAPPED, size));
    }
    return all;
  }
};

TEST_F(DeviceAddress, IsReservedInTheHostSoThatNothingElseCanBeThere) {
  const auto all = some_memory();
  const Pages imported_pages(8);
  const Memory imported = import(imported_pages);
  for (const Memory &memory : all) expect_reserved(memory);
  expect_reserved(imported);
}

TEST_F(DeviceAddress, StaysReservedHoweverMuchIsMapped) {
  const auto all = some_memory();
  std::vector<std::pair<void *, std::size_t>> mapped;
  for (std::size_t i = 0; i < 1000; ++i) {
    const std::size_t size = kPage * (1 + i % 300);
    // Every second mapping asks for an address in the device's range.
    void *wish = i % 2 == 0 ? nullptr : reinterpret_cast<void *>(all[i % all.size()].address() / kPage * kPage);
    void *got = mmap(wish, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(got, MAP_FAILED);
    mapped.emplace_back(got, size);
  }
  for (const Memory &memory : all) {
    expect_reserved(memory);
    const Mapping window = mapping_of(memory.address());
    for (const auto &[start, size] : mapped) {
      const auto at = reinterpret_cast<std::uint64_t>(start);
      ASSERT_TRUE(at + size <= window.start || at >= window.end);
    }
  }
  for (const auto &[start, size] : mapped) munmap(start, size);
}

TEST_F(DeviceAddress, OfDeviceMemoryKillsTheHostProcessThatReadsIt) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  expect_unreadable(memory.address());
}

TEST_F(DeviceAddress, OfMappedMemoryKillsTheHostProcessThatReadsIt) {
  const Memory memory = allocate(HAL_MEM_HOST_MAPPED, kPage);
  expect_unreadable(memory.address());
}

TEST_F(DeviceAddress, OfThePairKillsTheHostProcessThatReadsIt) {
  void *host = nullptr;
  void *device = nullptr;
  ASSERT_TRUE(ok(mallocHostDeviceShareMem(0, kPage, &host, &device)));
  expect_unreadable(reinterpret_cast<std::uint64_t>(device));
  EXPECT_TRUE(ok(freeHostDeviceShareMem(0, host)));
}

class HostAddress : public DeviceAddress {
 protected:
  // Runs a kernel that reads the address. It may fail, but must not read the secret.
  void expect_unseen(std::uint64_t address) {
    {
      const Executable executable(device_, object("basics"));
      const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
      auto *words = out.host<std::uint64_t>();
      const std::uint64_t ticket = Launch(executable["peek"]).mem(out).addr(address).ticket();
      const hal_status_t status = hal_stream_wait(own_, ticket, kPatienceNs);
      EXPECT_TRUE(status == HAL_OK || status == HAL_ERR_KERNEL_FAULT) << last_failure();
      EXPECT_EQ(words[1], status == HAL_OK ? 1U : 0U);
      EXPECT_NE(words[0], kSecret) << "the kernel read bytes of the host at " << std::hex << address;
    }
    ASSERT_TRUE(ok(hal_device_reset(device_)));
    ASSERT_TRUE(ok(hal_device_stream(device_, &own_)));
  }
};

std::uint64_t static_secret = kSecret;

TEST_F(HostAddress, ThatIsNotRegisteredIsNotReadByKernels) {
  std::uint64_t on_stack = kSecret;
  const auto on_heap = std::make_unique<std::uint64_t>(kSecret);
  const Pages pages(1);
  std::memcpy(pages.data(), &kSecret, 8);
  for (const void *where : {static_cast<const void *>(&on_stack), static_cast<const void *>(on_heap.get()),
                            static_cast<const void *>(pages.data()), static_cast<const void *>(&static_secret)}) {
    expect_unseen(reinterpret_cast<std::uint64_t>(where));
  }
}

TEST_F(HostAddress, ThatIsNoLongerRegisteredIsNotReadByKernels) {
  const Pages pages(1);
  std::uint64_t address = 0;
  {
    const Memory memory = import(pages);
    address = memory.address();
  }
  std::memcpy(pages.data(), &kSecret, 8);
  expect_unseen(address);
}

TEST_F(HostAddress, ThatIsPinnedForCopiesIsNotReadByKernels) {
  if (!has(HAL_MEM_HOST_PINNED)) GTEST_SKIP() << "no HOST_PINNED memory";
  const Memory pinned = allocate(HAL_MEM_HOST_PINNED, kPage);
  *pinned.host<std::uint64_t>() = kSecret;
  const auto where = reinterpret_cast<std::uint64_t>(pinned.host<void>());
  const Executable executable(device_, object("basics"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const std::uint64_t ticket = Launch(executable["peek"]).mem(out).addr(where).ticket();
  const hal_status_t status = hal_stream_wait(own_, ticket, kPatienceNs);
  EXPECT_TRUE(status == HAL_OK || status == HAL_ERR_KERNEL_FAULT) << last_failure();
  EXPECT_NE(out.host<std::uint64_t>()[0], kSecret);
}

class AnotherProcess : public DeviceAddress {};

TEST_F(AnotherProcess, OnTheSameDeviceDoesNotSeeThisOnesMemory) {
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  write(device, 0, &kSecret, 8);
  *mapped.host<std::uint64_t>() = kSecret;
  const auto text = [](std::uint64_t number) { return std::to_string(number); };
  const Finished stranger =
      run_program({helper_program(), "stranger", object("basics"), text(kSecret), text(device.address()),
                   text(mapped.address()), text(reinterpret_cast<std::uint64_t>(mapped.host<void>()))});
  EXPECT_EQ(stranger.code, 0) << stranger.output;
  EXPECT_NE(stranger.output.find("saw nothing of another process"), std::string::npos) << stranger.output;
  EXPECT_EQ(read_word<std::uint64_t>(device), kSecret) << "the other process changed memory of this one";
  EXPECT_EQ(*mapped.host<std::uint64_t>(), kSecret);
}

class SecondOpen : public Conformance {};

TEST_F(SecondOpen, InTheSameProcessSeesTheFirstOnesMemory) {
  hal_device_t again = nullptr;
  ASSERT_TRUE(ok(hal_device_open(backend_, HAL_DEVICE_DEFAULT, &again)));
  {
    const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
    const Memory device(again, describe(HAL_MEM_DEVICE, kPage));
    auto info = sized<hal_mem_info_t>();
    ASSERT_TRUE(ok(hal_mem_lookup_host(again, mapped.host<void>(), &info)));
    EXPECT_EQ(info.mem, hal_mem_t{mapped});
    ASSERT_TRUE(ok(hal_mem_lookup_device(device_, device.address(), &info)));
    EXPECT_EQ(info.mem, hal_mem_t{device});
    *mapped.host<std::uint64_t>() = 7;
    const Executable executable(again, object("basics"));
    run(Launch(executable["copy_words"]).mem(device).mem(mapped).scalar(std::uint64_t{1}));
    EXPECT_EQ(read_word<std::uint64_t>(device), 7U);
  }
  EXPECT_TRUE(ok(hal_device_close(again)));
}

class MappedMemoryDuringALaunch : public Conformance {};

TEST_F(MappedMemoryDuringALaunch, ExchangesWordsBetweenHostAndKernel) {
  const Memory memory = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Executable executable(device_, object("basics"));
  converse(memory, Launch(executable["talk"]).mem(memory));
}

}  // namespace
}  // namespace hal::conformance
