// SPDX-License-Identifier: Apache-2.0
//
// Kernels that write past the end of mapped and registered memory.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <vector>

#include "fake_host.hpp"
#include "sim/device/window_access.hpp"
#include "sim/host/memory/address_space.hpp"
#include "sim/wire/page_map.hpp"

namespace hal::sim::test {
namespace {

constexpr std::uint64_t kSlack = 96;  // what allocated() leaves of the last page

class WindowTest : public SimTest {
 protected:
  void SetUp() override {
    open();
    pages_ = static_cast<char *>(
        mmap(nullptr, 8 * page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(pages_, MAP_FAILED);
  }
  void TearDown() override {
    close();
    munmap(pages_, 8 * page_bytes());
  }

  struct Buffer {
    hal_pmem_t mem = nullptr;
    hal_pmem_info_v1_t info = {};
    std::uint64_t size = 0;
    char *host() const { return static_cast<char *>(info.host_ptr); }
  };
  Buffer mapped(std::uint64_t size, const char *tag = nullptr) {
    Buffer buffer;
    buffer.size = size;
    buffer.mem = allocate(HAL_MEM_HOST_MAPPED, size, buffer.info, tag);
    std::memset(buffer.host(), 'a', size);
    return buffer;
  }
  Buffer registered(std::uint64_t first_page, std::uint64_t count) {
    Buffer buffer;
    buffer.size = count * page_bytes();
    hal_mem_desc_t desc = {};
    desc.struct_size = sizeof desc;
    desc.kind = HAL_MEM_HOST_IMPORTED;
    desc.host_ptr = pages_ + first_page * page_bytes();
    desc.size_bytes = buffer.size;
    EXPECT_EQ(ops_->mem_register(device_, &desc, &buffer.mem, &buffer.info), HAL_OK) << host_.message;
    std::memset(buffer.host(), 'a', buffer.size);
    return buffer;
  }
  hal_status_t overrun(const Buffer &buffer, std::uint64_t offset, std::uint64_t count) {
    return wait(launch("set_bytes", 1, {buffer.info.device_addr, buffer.size + offset, count}));
  }
  static ::testing::AssertionResult is_untouched(const Buffer &buffer) {
    for (std::uint64_t i = 0; i < buffer.size; ++i)
      if (buffer.host()[i] != 'a') return ::testing::AssertionFailure() << "byte " << i << " is " << buffer.host()[i];
    return ::testing::AssertionSuccess();
  }
  void use_host_threads() {
    close();
    host_.options["PROCESS"] = "0";
    open();
  }

  char *pages_ = nullptr;
};

TEST_F(WindowTest, TheNeighbourOfMappedMemoryIsOutOfReach) {
  const Buffer first = mapped(2 * page_bytes(), "first");
  const Buffer second = mapped(2 * page_bytes(), "second");
  EXPECT_EQ(overrun(first, 0, 64), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find("mapped memory, 0 bytes after"), std::string::npos) << host_.message;
  EXPECT_NE(host_.message.find("first"), std::string::npos) << host_.message;
  EXPECT_TRUE(is_untouched(first));
  EXPECT_TRUE(is_untouched(second));
}

TEST_F(WindowTest, TheNeighbourOfRegisteredMemoryIsOutOfReach) {
  const Buffer first = registered(0, 2);
  const Buffer second = registered(3, 2);
  EXPECT_EQ(overrun(first, 0, 64), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(is_untouched(first));
  EXPECT_TRUE(is_untouched(second));
}

TEST_F(WindowTest, ReadingPastTheEndFaultsToo) {
  const Buffer first = mapped(page_bytes());
  const Buffer second = mapped(page_bytes());
  EXPECT_EQ(wait(launch("read_address", 1, {first.info.device_addr + page_bytes(), second.info.device_addr})),
            HAL_ERR_KERNEL_FAULT);
}

TEST_F(WindowTest, TheRestOfTheLastPageIsARedZone) {
  Buffer buffer = mapped(page_bytes() - kSlack, "short");
  ASSERT_EQ(ops_->device_check(device_), HAL_OK) << host_.message;
  ASSERT_EQ(overrun(buffer, 4, 8), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_ERR_KERNEL_FAULT);
  for (const char *part : {"8 bytes in the red zone of HOST_MAPPED \"short\"", "the first 4 bytes after its end"})
    EXPECT_NE(host_.message.find(part), std::string::npos) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_OK) << "reported once";
  ASSERT_EQ(overrun(buffer, kSlack - 1, 1), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->mem_free(device_, buffer.mem), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find("the first 95 bytes after its end"), std::string::npos) << host_.message;
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), property(HAL_PROPERTY_MAPPED_TOTAL_BYTES)) << "it is freed";
}

TEST_F(WindowTest, UncheckedDamageIsLoggedByAResetAndAClose) {
  for (const bool reset : {true, false}) {
    host_.logs.clear();
    const Buffer buffer = mapped(page_bytes() - kSlack, "logged");
    ASSERT_EQ(overrun(buffer, 0, 1), HAL_OK) << host_.message;
    if (reset) {
      ASSERT_EQ(ops_->device_reset(device_), HAL_OK);
      device_ = (ops_->device_close(device_), nullptr);
      ASSERT_EQ(host_.logs.size(), 1u);
      open();
    } else {
      close();
      ASSERT_EQ(host_.logs.size(), 1u);
    }
    EXPECT_NE(host_.logs[0].find("HOST_MAPPED \"logged\""), std::string::npos) << host_.logs[0];
  }
  open();
}

TEST_F(WindowTest, FreedMemoryIsOutOfReachAndItsPlaceIsUsedAgain) {
  for (int round = 0; round < 100; ++round) {
    const Buffer buffer = mapped((1 + round % 3) * page_bytes());
    ASSERT_EQ(overrun(buffer, -buffer.size, buffer.size), HAL_OK) << host_.message;
    EXPECT_EQ(buffer.host()[buffer.size - 1], 'X');
    ASSERT_EQ(ops_->mem_free(device_, buffer.mem), HAL_OK) << host_.message;
  }
  const Buffer gone = mapped(page_bytes());
  ASSERT_EQ(overrun(gone, -gone.size, 1), HAL_OK) << host_.message;
  ASSERT_EQ(ops_->mem_free(device_, gone.mem), HAL_OK);
  EXPECT_EQ(overrun(gone, -gone.size, 1), HAL_ERR_KERNEL_FAULT);
}

TEST_F(WindowTest, AGuardPageThatWasMemoryBeforeIsOutOfReach) {
  const Buffer large = mapped(8 * page_bytes());
  ASSERT_EQ(overrun(large, -large.size, large.size), HAL_OK) << host_.message;
  ASSERT_EQ(ops_->mem_free(device_, large.mem), HAL_OK);
  const Buffer first = mapped(page_bytes());
  const Buffer second = mapped(page_bytes());
  ASSERT_EQ(first.info.device_addr, large.info.device_addr);
  EXPECT_EQ(overrun(first, 0, 1), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(is_untouched(second));
}

// The guard page is the first one of a chunk of the page map.
TEST_F(WindowTest, AGuardPageInAnotherChunkOfThePageMapIsOutOfReach) {
  constexpr std::uint64_t kChunkPages = wire::PageMap::kWordPages * wire::PageMap::kChunkWords;
  const Buffer large = mapped((kChunkPages + 8) * page_bytes());
  ASSERT_EQ(overrun(large, -large.size, large.size), HAL_OK) << host_.message;
  ASSERT_EQ(ops_->mem_free(device_, large.mem), HAL_OK);
  const Buffer first = mapped(kChunkPages * page_bytes());
  const Buffer second = mapped(page_bytes());
  ASSERT_EQ(first.info.device_addr, large.info.device_addr);
  EXPECT_EQ(overrun(first, 0, 1), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(is_untouched(second));
}

TEST_F(WindowTest, ARunningKernelCanUseMemoryThatIsAllocatedMeanwhile) {
  const Buffer told = mapped(page_bytes());
  auto *address = static_cast<std::atomic<std::uint64_t> *>(told.info.host_ptr);
  address->store(0);
  const std::uint64_t size = 300 * page_bytes();
  const std::uint64_t ticket = launch("write_where_told", 1, {told.info.device_addr, size});
  const Buffer late = mapped(size);
  address->store(late.info.device_addr);
  ASSERT_EQ(wait(ticket), HAL_OK) << host_.message;
  for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(late.host()[i], 7) << i;
}

TEST_F(WindowTest, AJumpIntoMappedMemoryIsAFault) {
  const Buffer buffer = mapped(page_bytes());
  EXPECT_EQ(wait(launch("run_data", 1, {buffer.info.device_addr})), HAL_ERR_KERNEL_FAULT);
}

TEST_F(WindowTest, ManyBlocksOfAllSizesStayApart) {
  std::vector<Buffer> buffers;
  for (int i = 0; i < 400; ++i) {
    buffers.push_back(mapped((1 + i % 70) * page_bytes() - (i % 2) * kSlack));
    if (i % 3 == 2) {
      ASSERT_EQ(ops_->mem_free(device_, buffers[i / 2 % buffers.size()].mem), HAL_OK) << host_.message;
      buffers.erase(buffers.begin() + i / 2 % static_cast<int>(buffers.size()));
    }
    if (i % 50 == 49)
      for (const Buffer &buffer : buffers) {
        ASSERT_EQ(overrun(buffer, -buffer.size, buffer.size), HAL_OK) << host_.message;
        ASSERT_EQ(buffer.host()[0], 'X');
        std::memset(buffer.host(), 'a', buffer.size);
      }
  }
  EXPECT_EQ(ops_->device_check(device_), HAL_OK) << host_.message;
  EXPECT_EQ(overrun(buffers[7], buffers[7].size % page_bytes() == 0 ? 0 : kSlack, 1), HAL_ERR_KERNEL_FAULT);
  for (const Buffer &buffer : buffers) ASSERT_TRUE(is_untouched(buffer));
}

// 40,000 blocks would need more mappings than a process may have.
TEST_F(WindowTest, WithoutMappingsForGuardPagesTheyHoldAPattern) {
  constexpr int kBlocks = 40'000;
  std::vector<Buffer> buffers;
  for (int i = 0; i < kBlocks; ++i) {
    Buffer buffer;
    buffer.size = page_bytes();
    buffer.mem = allocate(HAL_MEM_HOST_MAPPED, buffer.size, buffer.info);
    buffers.push_back(buffer);
  }
  ASSERT_EQ(host_.logs.size(), 1u);
  EXPECT_NE(host_.logs[0].find("vm.max_map_count"), std::string::npos) << host_.logs[0];
  EXPECT_EQ(overrun(buffers.back(), -page_bytes(), page_bytes()), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_OK) << host_.message;
  EXPECT_EQ(overrun(buffers.back(), 0, 64), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find("in the red zone of HOST_MAPPED"), std::string::npos) << host_.message;
  EXPECT_EQ(overrun(buffers.front(), 0, 64), HAL_ERR_KERNEL_FAULT) << "the first ones have guard pages";
}

TEST_F(WindowTest, OnHostThreadsGuardPagesHoldAPattern) {
  use_host_threads();
  host_.logs.clear();
  const Buffer first = registered(0, 1);
  ASSERT_EQ(overrun(first, 0, 4), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->mem_unregister(device_, first.mem), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find(" in the red zone of HOST_IMPORTED"), std::string::npos) << host_.message;
  EXPECT_TRUE(is_untouched(first)) << "it is unregistered";
  EXPECT_TRUE(host_.logs.empty());
}

TEST_F(WindowTest, TheWholeCapacityCanBeOneBlock) {
  const std::uint64_t all = property(HAL_PROPERTY_MAPPED_TOTAL_BYTES);
  hal_pmem_info_v1_t info = {};
  const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, all, info);
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), 0u);
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), all);
}

// Of a device process without mappings left. The test takes as many as the system allows.
TEST(WindowAccess, OpensTheWholeWindowWhenTheSystemHasNoMappingsLeft) {
  constexpr std::uint64_t kPages = 300'000;
  std::uint64_t most = 0;
  std::ifstream("/proc/sys/vm/max_map_count") >> most;
  if (most > kPages - 1000) GTEST_SKIP() << "vm.max_map_count is " << most;
  std::vector<std::uint64_t> memory(wire::PageMap::bytes_of(kPages) / sizeof(std::uint64_t));
  wire::PageMap map(memory.data(), kPages);
  const std::uint64_t page = page_bytes();
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  auto *window = static_cast<char *>(mmap(nullptr, kPages * page, PROT_NONE, kFlags, -1, 0));
  ASSERT_NE(window, MAP_FAILED);
  std::atomic<std::uint32_t> open{0};
  device::WindowAccess access(reinterpret_cast<std::uintptr_t>(window), page, map, open);
  for (std::uint64_t at = 0; at < kPages; at += 2) map.set(at, 1, true);
  EXPECT_FALSE(access.allow(reinterpret_cast<std::uintptr_t>(window) + page, 1)) << "that page is not allocated";
  EXPECT_EQ(open, 1u);
  for (std::uint64_t at = 0; at < kPages; at += 1000) window[at * page] = 1;
  map.set(1, 1, true);
  access.apply(device::WindowAccess::Free::kNow);
  window[page] = 1;
  munmap(window, kPages * page);
}

TEST(WindowAccess, ASecondFailureOfTheSameAccessIsNotRepaired) {
  std::vector<std::uint64_t> memory(wire::PageMap::bytes_of(64) / sizeof(std::uint64_t));
  wire::PageMap map(memory.data(), 64);
  const std::uint64_t page = page_bytes();
  auto *window = static_cast<char *>(mmap(nullptr, 64 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(window, MAP_FAILED);
  const auto address = reinterpret_cast<std::uintptr_t>(window);
  std::atomic<std::uint32_t> open{0};
  device::WindowAccess access(address, page, map, open);
  map.set(3, 2, true);
  EXPECT_FALSE(access.allow(address + 2 * page, 1));
  EXPECT_FALSE(access.allow(address + 64 * page, 1));
  EXPECT_FALSE(access.allow(address - 1, 1));
  EXPECT_TRUE(access.allow(address + 3 * page, 1));
  EXPECT_FALSE(access.allow(address + 3 * page, 1));
  EXPECT_TRUE(access.allow(address + 3 * page, 2));
  map.set(3, 1, false);
  map.set(3, 1, true);
  EXPECT_TRUE(access.allow(address + 3 * page, 2)) << "the map has changed meanwhile";
  munmap(window, 64 * page);
}

class DeviceMemoryRedZone : public SimTest {};

TEST_F(DeviceMemoryRedZone, FindsACopyOfThreeFloatsTooMany) {
  hal_pmem_info_v1_t from = {};
  hal_pmem_info_v1_t to = {};
  allocate(HAL_MEM_DEVICE, 4000, from);
  allocate(HAL_MEM_DEVICE, 4000, to, "target");
  ASSERT_EQ(wait(launch("copy_floats", 1, {to.device_addr, from.device_addr, 1003})), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find("\"target\""), std::string::npos) << host_.message;
}

TEST_F(DeviceMemoryRedZone, FindsAnAdditionToThreeFloatsTooMany) {
  hal_pmem_info_v1_t data = {};
  allocate(HAL_MEM_DEVICE, 4000, data);
  ASSERT_EQ(wait(launch("add_one_to_floats", 1, {data.device_addr, 1003})), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->device_check(device_), HAL_ERR_KERNEL_FAULT);
  EXPECT_NE(host_.message.find("the first 0 bytes after its end"), std::string::npos) << host_.message;
}

}  // namespace
}  // namespace hal::sim::test
