// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <numeric>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

class CopyTest : public SimTest {
 protected:
  void SetUp() override {
    open();
    flag_mem_ = allocate(HAL_MEM_HOST_MAPPED, 4096, flag_);
    mem_ = allocate(HAL_MEM_DEVICE, 1 << 20, info_);
  }
  void TearDown() override {
    EXPECT_EQ(ops_->mem_free(device_, mem_), HAL_OK);
    EXPECT_EQ(ops_->mem_free(device_, flag_mem_), HAL_OK);
    close();
  }
  std::uint64_t copy(std::uint32_t direction, void *host, std::uint64_t size) {
    hal_copy_v1_t copy = {};
    copy.struct_size = sizeof copy;
    copy.direction = direction;
    copy.size_bytes = size;
    if (direction == HAL_COPY_TO_DEVICE) {
      copy.dst = mem_;
      copy.src_host = host;
    } else {
      copy.src = mem_;
      copy.dst_host = host;
    }
    std::uint64_t ticket = 0;
    EXPECT_EQ(ops_->copy(device_, stream_, &copy, &ticket), HAL_OK) << host_.message;
    return ticket;
  }
  std::atomic<std::uint32_t> &flag() { return *static_cast<std::atomic<std::uint32_t> *>(flag_.host_ptr); }

  hal_pmem_info_v1_t flag_ = {};
  hal_pmem_info_v1_t info_ = {};
  hal_pmem_t flag_mem_ = nullptr;
  hal_pmem_t mem_ = nullptr;
};

// The system memory that the arenas of this process use.
std::uint64_t resident_arena_bytes() {
  std::uint64_t bytes = 0;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    struct stat info = {};
    if (target.find("hal-sim-arena") != std::string::npos && stat(entry.path().c_str(), &info) == 0)
      bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
  }
  return bytes;
}

TEST_F(CopyTest, MuchFreedMemoryIsReturnedToTheSystem) {
  constexpr std::uint64_t kSize = 8 << 20;
  constexpr std::uint64_t kMostKept = 64 << 20;
  const std::vector<std::uint8_t> bytes(kSize, 1);
  std::vector<hal_pmem_t> blocks;
  for (int i = 0; i < 12; ++i) {
    hal_pmem_info_v1_t info = {};
    blocks.push_back(allocate(HAL_MEM_DEVICE, kSize, info));
    hal_copy_v1_t copy = {};
    copy.struct_size = sizeof copy;
    copy.direction = HAL_COPY_TO_DEVICE;
    copy.size_bytes = kSize;
    copy.dst = blocks.back();
    copy.src_host = const_cast<std::uint8_t *>(bytes.data());
    std::uint64_t ticket = 0;
    ASSERT_EQ(ops_->copy(device_, stream_, &copy, &ticket), HAL_OK) << host_.message;
    ASSERT_EQ(wait(ticket), HAL_OK);
  }
  EXPECT_GE(resident_arena_bytes(), 12 * kSize);
  for (const hal_pmem_t block : blocks) EXPECT_EQ(ops_->mem_free(device_, block), HAL_OK);
  EXPECT_LE(resident_arena_bytes(), kMostKept);
}

TEST_F(CopyTest, OnAnEmptyQueueACopyIsDoneWhenItReturns) {
  std::vector<std::uint32_t> out(1000, 7), in(1000);
  EXPECT_EQ(wait(copy(HAL_COPY_TO_DEVICE, out.data(), 4000), 0), HAL_OK);
  EXPECT_EQ(wait(copy(HAL_COPY_FROM_DEVICE, in.data(), 4000), 0), HAL_OK);
  EXPECT_EQ(in, out);
}

TEST_F(CopyTest, CopiesAfterALaunchWaitForItWithoutBlockingTheCaller) {
  const std::uint64_t free_before = property(HAL_PROPERTY_MAPPED_FREE_BYTES);
  std::vector<std::uint32_t> first(1000), second(1000, 0), seen(1000, 0);
  std::iota(first.begin(), first.end(), 1u);
  const std::uint64_t launched = launch("wait_for_flag", 1, {flag_.device_addr});
  const std::uint64_t written = copy(HAL_COPY_TO_DEVICE, first.data(), 4000);
  const std::uint64_t added = launch("add_one", 1, {info_.device_addr});
  const std::uint64_t read = copy(HAL_COPY_FROM_DEVICE, seen.data(), 4000);
  EXPECT_EQ(wait(launched, 0), HAL_ERR_TIMEOUT);
  EXPECT_EQ(wait(written, 0), HAL_ERR_TIMEOUT);
  EXPECT_EQ(seen, second) << "the copy overtook the launch";
  flag() = 1;
  EXPECT_EQ(wait(read), HAL_OK);
  EXPECT_EQ(wait(added, 0), HAL_OK);
  first[0] += 1;
  EXPECT_EQ(seen, first);
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), free_before) << "staging memory was not released";
}

TEST_F(CopyTest, AQueryCompletesTheCopiesThatItReportsAsDone) {
  std::uint32_t seen = 0;
  std::uint32_t value = 41;
  copy(HAL_COPY_TO_DEVICE, &value, 4);
  launch("wait_for_flag", 1, {flag_.device_addr});
  launch("add_one", 1, {info_.device_addr});
  const std::uint64_t read = copy(HAL_COPY_FROM_DEVICE, &seen, 4);
  flag() = 1;
  std::uint64_t completed = 0;
  while (completed < read) ASSERT_EQ(ops_->stream_query(device_, stream_, &completed), HAL_OK);
  EXPECT_EQ(seen, 42u);
}

TEST_F(CopyTest, WhenTheWindowIsFullACopyWaitsForTheQueueInstead) {
  hal_pmem_info_v1_t big = {};
  const hal_pmem_t all = allocate(HAL_MEM_HOST_MAPPED, property(HAL_PROPERTY_MAPPED_FREE_BYTES), big);
  std::uint32_t value = 5, seen = 0;
  copy(HAL_COPY_TO_DEVICE, &value, 4);
  for (int i = 0; i < 100; ++i) launch("add_one", 1, {info_.device_addr});
  const std::uint64_t read = copy(HAL_COPY_FROM_DEVICE, &seen, 4);
  EXPECT_EQ(wait(read), HAL_OK);
  EXPECT_EQ(seen, 105u);
  EXPECT_EQ(ops_->mem_free(device_, all), HAL_OK);
}

}  // namespace
}  // namespace hal::sim::test
