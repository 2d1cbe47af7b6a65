// SPDX-License-Identifier: Apache-2.0
#include "hal/share_mem.h"

#include <cstring>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

class Pair : public testing::Test {
 protected:
  void SetUp() override {
    setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
    setenv("HAL_BACKEND", "fake-sim", 1);
  }
  void TearDown() override {
    // The pair keeps its device open. Only the user's last hal_shutdown closes it.
    EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
    EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
    hal_backend_t backend = nullptr;
    EXPECT_EQ(hal_backend_select(nullptr, &backend), HAL_ERR_FAILED_PRECONDITION) << "libhal is shut down";
    unsetenv("HAL_BACKEND");
  }

  void *host = nullptr;
  void *dev = nullptr;
};

TEST_F(Pair, AllocatesAndFreesWithoutAnyOtherCall) {
  ASSERT_EQ(mallocHostDeviceShareMem(0, 5000, &host, &dev), HAL_OK) << last_message();
  ASSERT_NE(host, nullptr);
  EXPECT_NE(dev, nullptr);
  EXPECT_NE(host, dev);
  std::memset(host, 1, 5000);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK) << last_message();
}

TEST_F(Pair, FailuresLeaveBothOutputsNullAndNameThePairsFunction) {
  host = dev = this;
  EXPECT_EQ(mallocHostDeviceShareMem(0, 0, &host, &dev), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(host, nullptr);
  EXPECT_EQ(dev, nullptr);
  EXPECT_STREQ(last_error().function, "mallocHostDeviceShareMem");
  host = this;
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, &host, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(host, nullptr);
  EXPECT_EQ(mallocHostDeviceShareMem(0, 64, nullptr, &dev), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(mallocHostDeviceShareMem(2, 64, &host, &dev), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(mallocHostDeviceShareMem(UINT32_MAX, 64, &host, &dev), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(mallocHostDeviceShareMem(0, std::uint64_t{1} << 63, &host, &dev), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(mallocHostDeviceShareMem(0, std::uint64_t{1} << 40, &host, &dev), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_STREQ(last_error().function, "mallocHostDeviceShareMem");
}

TEST_F(Pair, AFailureLeavesLibhalUnchanged) {
  hal_backend_t backend = nullptr;
  EXPECT_EQ(mallocHostDeviceShareMem(2, 64, &host, &dev), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(mallocHostDeviceShareMem(0, std::uint64_t{1} << 40, &host, &dev), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(hal_backend_select(nullptr, &backend), HAL_ERR_FAILED_PRECONDITION) << "libhal is not initialised";

  ASSERT_EQ(mallocHostDeviceShareMem(0, 64, &host, &dev), HAL_OK);
  void *other = nullptr;
  EXPECT_EQ(mallocHostDeviceShareMem(2, 64, &other, &dev), HAL_ERR_NOT_FOUND);
  EXPECT_TRUE(contains(last_message(), "no ordinal 2"));
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK);
}

TEST_F(Pair, FreesOnlyItsOwnMemoryOnceAndOnTheSameDevice) {
  ASSERT_EQ(mallocHostDeviceShareMem(0, 8192, &host, &dev), HAL_OK);
  EXPECT_EQ(freeHostDeviceShareMem(0, static_cast<char *>(host) + 1), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(1, host), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(0, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(0, this), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(0, dev), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_STREQ(last_error().function, "freeHostDeviceShareMem");
}

TEST_F(Pair, UsesTheDeviceThatOthersOpen) {
  ASSERT_EQ(mallocHostDeviceShareMem(1, 4096, &host, &dev), HAL_OK);
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  ASSERT_EQ(hal_backend_select(nullptr, &backend), HAL_OK);
  ASSERT_EQ(hal_device_open(backend, 1, &device), HAL_OK);
  hal_mem_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(hal_mem_lookup_device(device, reinterpret_cast<hal_device_addr_t>(dev), &info), HAL_OK);
  EXPECT_EQ(info.host_ptr, host);
  EXPECT_EQ(info.kind, HAL_MEM_HOST_MAPPED);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "allocation")) << last_message();
  EXPECT_EQ(freeHostDeviceShareMem(1, host), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_ERR_BUSY) << "the user has the device open";
  EXPECT_EQ(hal_device_close(device), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
}

TEST_F(Pair, RefusesToFreeMemoryOfOtherCalls) {
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  ASSERT_EQ(hal_backend_select(nullptr, &backend), HAL_OK);
  ASSERT_EQ(hal_device_open(backend, 0, &device), HAL_OK);
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_HOST_MAPPED, 4096);
  hal_mem_t mem = nullptr;
  ASSERT_EQ(hal_mem_alloc(device, &desc, &mem), HAL_OK);
  hal_mem_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(hal_mem_info(mem, &info), HAL_OK);
  EXPECT_EQ(freeHostDeviceShareMem(0, info.host_ptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_device_close(device), HAL_OK);
  EXPECT_EQ(hal_shutdown(), HAL_OK);
}

TEST_F(Pair, AResetReleasesItsMemoryAndFreeingItIsRefused) {
  ASSERT_EQ(mallocHostDeviceShareMem(0, 4096, &host, &dev), HAL_OK);
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  ASSERT_EQ(hal_backend_select(nullptr, &backend), HAL_OK) << "the pair has initialised libhal";
  ASSERT_EQ(hal_device_open(backend, 0, &device), HAL_OK);
  ASSERT_EQ(hal_device_reset(device), HAL_OK);
  ASSERT_EQ(hal_device_close(device), HAL_OK);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_INVALID_ARGUMENT);
}

class PairWhoseFreeFails : public Pair {
 protected:
  // Allocates memory whose free then fails with this status.
  void allocate(hal_status_t failure) {
    ASSERT_EQ(mallocHostDeviceShareMem(0, 4096, &host, &dev), HAL_OK) << last_message();
    hal_backend_t backend = nullptr;
    hal_device_t device = nullptr;
    ASSERT_EQ(hal_backend_select(nullptr, &backend), HAL_OK);
    ASSERT_EQ(hal_device_open(backend, 0, &device), HAL_OK);
    std::uint64_t address = 0;
    ASSERT_EQ(hal_device_query(device, fake::kControlProperty, &address), HAL_OK);
    control_ = reinterpret_cast<fake::Control *>(address);
    control_->fail_free = failure;
    ASSERT_EQ(hal_device_close(device), HAL_OK);
  }
  fake::Control *control_ = nullptr;
};

// TearDown checks that libhal then ends.
TEST_F(PairWhoseFreeFails, DamagedMemoryIsReportedAndFreed) {
  allocate(HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(control_->live_memories, 0);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_INVALID_ARGUMENT) << "it was freed";
}

TEST_F(PairWhoseFreeFails, MemoryThatTheBackendKeepsCanBeFreedAgain) {
  allocate(HAL_ERR_INTERNAL);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_ERR_INTERNAL);
  EXPECT_EQ(control_->live_memories, 1);
  EXPECT_EQ(freeHostDeviceShareMem(0, host), HAL_OK) << last_message();
}

TEST_F(Pair, ABackendWithoutTheOperationIsUnsupported) {
  setenv("HAL_BACKEND", "fake-noalloc", 1);
  EXPECT_EQ(mallocHostDeviceShareMem(0, 4096, &host, &dev), HAL_ERR_UNSUPPORTED);
  EXPECT_TRUE(contains(last_message(), "mem_alloc")) << last_message();
  EXPECT_TRUE(contains(last_message(), "fake-noalloc"));
}

TEST_F(Pair, ManyThreadsAllocateAndFree) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([i] {
      for (int round = 0; round < 200; ++round) {
        void *mine = nullptr;
        void *address = nullptr;
        const std::uint32_t device = static_cast<std::uint32_t>(i + round) % 2;
        ASSERT_EQ(mallocHostDeviceShareMem(device, 4096, &mine, &address), HAL_OK) << last_message();
        static_cast<char *>(mine)[round] = 1;
        ASSERT_EQ(freeHostDeviceShareMem(device, mine), HAL_OK) << last_message();
      }
    });
  for (std::thread &thread : threads) thread.join();
}

}  // namespace
}  // namespace hal::test
