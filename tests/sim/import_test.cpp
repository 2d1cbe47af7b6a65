// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "fake_host.hpp"
#include "sim/host/memory/address_space.hpp"
#include "support/memory_map.hpp"

namespace hal::sim::test {
namespace {

class ImportTest : public SimTest {
 protected:
  void SetUp() override {
    open();
    size_ = 4 * page_bytes();
    start_ = static_cast<char *>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(start_, MAP_FAILED);
    std::memset(start_, 0x5a, size_);
  }
  void TearDown() override {
    munmap(start_, size_);
    close();
  }
  hal_status_t import(void *start, std::uint64_t size) {
    hal_mem_desc_t desc = {};
    desc.struct_size = sizeof desc;
    desc.kind = HAL_MEM_HOST_IMPORTED;
    desc.host_ptr = start;
    desc.size_bytes = size;
    return ops_->mem_register(device_, &desc, &mem_, &info_);
  }

  std::uint64_t size_ = 0;
  char *start_ = nullptr;
  hal_pmem_t mem_ = nullptr;
  hal_pmem_info_v1_t info_ = {};
};

TEST_F(ImportTest, TheBytesStayAndKernelsCanUseThem) {
  ASSERT_EQ(import(start_, size_), HAL_OK) << host_.message;
  EXPECT_EQ(info_.host_ptr, start_);
  EXPECT_NE(info_.device_addr, reinterpret_cast<std::uintptr_t>(start_));
  EXPECT_EQ(start_[size_ - 1], 0x5a);
  const std::uint32_t one_more = 0x5a5a5a5bu;
  ASSERT_EQ(wait(launch("add_one", 1, {info_.device_addr})), HAL_OK);
  EXPECT_EQ(std::memcmp(start_, &one_more, 4), 0);
  ASSERT_EQ(ops_->mem_unregister(device_, mem_), HAL_OK) << host_.message;
  EXPECT_EQ(std::memcmp(start_, &one_more, 4), 0);
  EXPECT_EQ(start_[size_ - 1], 0x5a);
  ASSERT_EQ(import(start_, size_), HAL_OK)
      << "after unregistering, the range is private memory again: " << host_.message;
  ASSERT_EQ(ops_->mem_unregister(device_, mem_), HAL_OK);
}

// The kernel gives memory that has no file the name and the inode of a file.
TEST(ImportObjection, NamesTheKindOfMemory) {
  const auto objection = [](const char *permissions, std::uint64_t inode, const char *name) {
    plugins::Region region = {
        .begin = 0x10000, .end = 0x20000, .permissions = {}, .offset = 0, .inode = inode, .name = name};
    std::memcpy(region.permissions, permissions, 4);
    return plugins::import_objection(region);
  };
  EXPECT_EQ(objection("rw-p", 0, ""), "");
  EXPECT_EQ(objection("rw-p", 0, "[heap]"), "");
  EXPECT_EQ(objection("rw-p", 71, "/anon_hugepage (deleted)"), "consists of huge pages (MAP_HUGETLB)");
  EXPECT_EQ(objection("rw-s", 71, "/anon_hugepage (deleted)"), "consists of huge pages (MAP_HUGETLB)");
  EXPECT_EQ(objection("rw-s", 9, "/dev/zero (deleted)"), "is shared memory");
  EXPECT_EQ(objection("rw-s", 9, "/SYSV00000000 (deleted)"), "is shared memory");
  EXPECT_EQ(objection("rw-p", 9, "/home/user/data"), "is mapped from a file");
  EXPECT_EQ(objection("rw-s", 9, "/home/user/data"), "is mapped from a file");
  EXPECT_EQ(objection("r--p", 0, ""), "is not plain read-write memory");
}

TEST_F(ImportTest, HugePagesAreNamed) {
  constexpr std::uint64_t kHuge = 2 << 20;
  void *pool = mmap(nullptr, kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  if (pool == MAP_FAILED) GTEST_SKIP() << "the machine has no free huge page (vm.nr_hugepages)";
  EXPECT_EQ(import(pool, kHuge), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_NE(host_.message.find("huge pages"), std::string::npos) << host_.message;
  munmap(pool, kHuge);
}

TEST_F(ImportTest, SharedAnonymousMemoryIsNotCalledAFile) {
  void *pages = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  EXPECT_EQ(import(pages, size_), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_NE(host_.message.find("is shared memory"), std::string::npos) << host_.message;
  munmap(pages, size_);
}

TEST_F(ImportTest, OtherKindsOfMemoryAreRefusedByName) {
  mprotect(start_ + page_bytes(), page_bytes(), PROT_READ);
  EXPECT_EQ(import(start_, size_), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_NE(host_.message.find("r--p"), std::string::npos) << host_.message;
  munmap(start_ + page_bytes(), page_bytes());
  EXPECT_EQ(import(start_, size_), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_NE(host_.message.find("nothing is mapped"), std::string::npos) << host_.message;
  void *shared = mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(import(shared, page_bytes()), HAL_ERR_INVALID_ARGUMENT);
  munmap(shared, page_bytes());
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), property(HAL_PROPERTY_MAPPED_TOTAL_BYTES));
}

TEST_F(ImportTest, ANewMappingOfTheRangeIsNotChanged) {
  ASSERT_EQ(import(start_, size_), HAL_OK);
  ASSERT_EQ(munmap(start_, size_), 0);
  ASSERT_EQ(mmap(start_, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), start_);
  std::memset(start_, 0x11, size_);
  EXPECT_EQ(ops_->mem_unregister(device_, mem_), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(start_[0], 0x11);
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), property(HAL_PROPERTY_MAPPED_TOTAL_BYTES));
}

TEST_F(ImportTest, AResetReturnsTheRangeToTheCaller) {
  ASSERT_EQ(import(start_, size_), HAL_OK);
  std::memset(start_, 0x33, size_);
  ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
  EXPECT_EQ(start_[0], 0x33);
  EXPECT_EQ(start_[size_ - 1], 0x33);
  ops_->device_close(device_);
  device_ = nullptr;
  EXPECT_EQ(start_[1], 0x33);
}

}  // namespace
}  // namespace hal::sim::test
