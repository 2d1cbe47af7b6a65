// SPDX-License-Identifier: Apache-2.0
//
// Tests of registered memory: memory of the caller that kernels use in place.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class ImportedMemory : public Conformance {
 protected:
  static void number_bytes(const Pages &pages, unsigned factor) {
    for (std::uint64_t i = 0; i < pages.size(); ++i)
      pages.data()[i] = static_cast<std::uint8_t>(i * factor + i / kPage);
  }
  static void expect_numbered(const Pages &pages, unsigned factor) {
    for (std::uint64_t i = 0; i < pages.size(); ++i) {
      ASSERT_EQ(pages.data()[i], static_cast<std::uint8_t>(i * factor + i / kPage)) << "byte " << i;
    }
  }
};

TEST_F(ImportedMemory, KeepsItsBytesAndItsAddressBothWays) {
  const Pages pages(64);
  number_bytes(pages, 3);
  for (int round = 0; round < 5; ++round) {
    Memory memory = import(pages);
    EXPECT_EQ(memory.info().kind, HAL_MEM_HOST_IMPORTED);
    EXPECT_EQ(memory.info().host_ptr, pages.data());
    EXPECT_EQ(memory.info().size_bytes, pages.size());
    EXPECT_NE(memory.address(), 0U);
    expect_numbered(pages, 3);
    ASSERT_TRUE(ok(memory.free()));
    expect_numbered(pages, 3);
    expect_unknown(pages.data());
    expect_unknown(memory.address());
  }
  number_bytes(pages, 5);
  expect_numbered(pages, 5);
}

TEST_F(ImportedMemory, IsWrittenByKernelsInPlaceAndKeepsTheirBytes) {
  const Pages pages(4);
  auto *x = reinterpret_cast<float *>(pages.data());
  const auto n = static_cast<std::uint32_t>(pages.size() / sizeof(float));
  for (std::uint32_t i = 0; i < n; ++i) x[i] = static_cast<float>(i);
  const Executable executable(device_, object("basics"));
  {
    const Memory memory = import(pages);
    run(Launch(executable["add_one"]).mem(memory).scalar(n).blocks(7));
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_EQ(x[i], static_cast<float>(i) + 1);
    for (std::uint32_t i = 0; i < n; ++i) x[i] += 1;
    run(Launch(executable["add_one"]).mem(memory).scalar(n).blocks(7));
  }
  for (std::uint32_t i = 0; i < n; ++i) ASSERT_EQ(x[i], static_cast<float>(i) + 3) << "after unregistering";
}

TEST_F(ImportedMemory, LetsTheHostWriteAfterSubmitAndReadBeforeTheEnd) {
  const Pages pages(1);
  const Memory memory = import(pages);
  const Executable executable(device_, object("basics"));
  converse(memory, Launch(executable["talk"]).mem(memory));
}

TEST_F(ImportedMemory, LeavesItsNeighboursAlone) {
  const Pages pages(3);
  std::memset(pages.data(), 0x11, pages.size());
  {
    const Memory middle(device_, describe_range(pages.data() + kPage, kPage));
    expect_unknown(pages.data() + kPage - 1);
    expect_unknown(pages.data() + 2 * kPage);
    std::memset(pages.data(), 0x22, pages.size());
  }
  for (std::uint64_t i = 0; i < pages.size(); ++i) ASSERT_EQ(pages.data()[i], 0x22);
}

TEST_F(ImportedMemory, MayComeFromTheAllocatorOfTheProgram) {
  auto *block = static_cast<std::uint8_t *>(std::aligned_alloc(kPage, 16 * kPage));
  ASSERT_NE(block, nullptr);
  std::memset(block, 0x3c, 16 * kPage);
  {
    const Memory memory(device_, describe_range(block, 16 * kPage));
    block[5] = 1;
  }
  EXPECT_EQ(block[5], 1);
  EXPECT_EQ(block[16 * kPage - 1], 0x3c);
  std::free(block);
}

TEST_F(ImportedMemory, ThatTheOwnerUnmappedIsReportedAndDropped) {
  const Audit audit(device_);
  Pages pages(4);
  const hal_mem_t mem = import(pages).release();
  ASSERT_EQ(munmap(pages.data(), pages.size()), 0);
  std::uint8_t *where = pages.data();
  pages.release();
  EXPECT_TRUE(is(HAL_ERR_FAILED_PRECONDITION, hal_mem_unregister(mem)));
  EXPECT_TRUE(Value(where).shown_in(last_failure())) << last_failure();
  expect_unknown(where);
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_unregister", {mem}, [&] { return hal_mem_unregister(mem); });
}

TEST_F(ImportedMemory, ThatBelongsToANewOwnerIsNotTouched) {
  Pages pages(4);
  std::memset(pages.data(), 0x11, pages.size());
  const hal_mem_t mem = import(pages).release();
  void *again =
      mmap(pages.data(), pages.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  ASSERT_EQ(again, pages.data());
  number_bytes(pages, 9);
  // A backend that does not move registered pages cannot detect that these are new pages.
  const hal_status_t status = hal_mem_unregister(mem);
  EXPECT_TRUE(status == HAL_ERR_FAILED_PRECONDITION || (status == HAL_OK && kind_ != "sim")) << last_failure();
  expect_numbered(pages, 9);
  number_bytes(pages, 11);
  const Memory memory = import(pages);
  expect_numbered(pages, 11);
}

TEST_F(ImportedMemory, HalfOfWhichWasUnmappedIsReportedAndTheOtherHalfStays) {
  const Pages pages(4);
  number_bytes(pages, 3);
  const hal_mem_t mem = import(pages).release();
  ASSERT_EQ(munmap(pages.data() + 2 * kPage, 2 * kPage), 0);
  EXPECT_TRUE(is(HAL_ERR_FAILED_PRECONDITION, hal_mem_unregister(mem)));
  expect_unknown(pages.data());
}

TEST_F(ImportedMemory, ComesBackToItsOwnerOnReset) {
  const Pages pages(4);
  number_bytes(pages, 3);
  const hal_mem_t mem = import(pages).release();
  ASSERT_TRUE(ok(hal_device_reset(device_)));
  expect_numbered(pages, 3);
  number_bytes(pages, 5);
  expect_unknown(pages.data());
  EXPECT_EQ(hal_mem_unregister(mem), HAL_ERR_INVALID_ARGUMENT) << "the handle is stale";
  const Memory again = import(pages);
  expect_numbered(pages, 5);
}

}  // namespace
}  // namespace hal::conformance
