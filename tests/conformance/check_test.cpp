// SPDX-License-Identifier: Apache-2.0
//
// Writes outside of an allocation are found by a free, a check and a reset, and reported once.
#include <cstdlib>
#include <string>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class Check : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const hal_status_t status = hal_device_check(device_);
    if (status == HAL_ERR_UNSUPPORTED) GTEST_SKIP() << last_failure();
    EXPECT_TRUE(is(HAL_OK, status));
  }
  Memory allocate_tagged(std::uint64_t size_bytes) {
    auto desc = describe(HAL_MEM_DEVICE, size_bytes);
    desc.tag = "tagged";
    return {device_, desc};
  }
  void write_byte(std::uint64_t address) {
    const Executable executable(device_, object("basics"));
    Launch launch(executable["write_byte"]);
    run(launch.scalar(address));
  }
  // Expects that message and hint describe the allocation, and that fault_addr is the first byte.
  void expect_report(std::uint64_t start, std::uint64_t size, std::uint64_t damaged, const char *place) {
    const std::string text = last_failure();
    EXPECT_TRUE(Value(start).shown_in(text)) << text;
    EXPECT_TRUE(Value(size).shown_in(text)) << text;
    for (const char *part : {"\"tagged\"", place, "1 byte ", "allocated by ", "conformance"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
    auto info = sized<hal_error_info_t>();
    ASSERT_EQ(hal_last_error(&info), HAL_OK);
    EXPECT_EQ(info.fault_addr, damaged);
    EXPECT_EQ(info.fault_flags, HAL_FAULT_HAS_ADDR | HAL_FAULT_WRITE);
    EXPECT_STRNE(info.hint, "");
  }
};

TEST_F(Check, ReportsAWriteAfterTheEndOfAnAllocationOnce) {
  Memory memory = allocate_tagged(100);
  write_byte(memory.address() + 100);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_device_check(device_)));
  expect_report(memory.address(), 100, memory.address() + 100, "0 bytes after its end");
  EXPECT_TRUE(ok(hal_device_check(device_)));
  EXPECT_TRUE(ok(memory.free())) << "it was reported already";
}

TEST_F(Check, ReportsAWriteBeforeAnAllocationWhenItIsFreed) {
  const Memory other = allocate(HAL_MEM_DEVICE, 64);
  const hal_mem_t mem = allocate_tagged(4096).release();
  const auto info = info_of(mem);
  write_byte(info.device_addr - 1);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_mem_free(mem)));
  expect_report(info.device_addr, 4096, info.device_addr - 1, "1 byte before its start");
  EXPECT_TRUE(is(HAL_ERR_INVALID_ARGUMENT, hal_mem_free(mem))) << "the first free freed it";
  EXPECT_TRUE(ok(hal_device_check(device_)));
  write_byte(other.address());  // the device is not lost
}

TEST_F(Check, ReportsAWriteAfterFree) {
  Memory memory = allocate_tagged(1000);
  const std::uint64_t start = memory.address();
  ASSERT_TRUE(ok(memory.free()));
  write_byte(start + 16);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_device_check(device_)));
  expect_report(start, 1000, start + 16, "after it was freed, the first at offset 16");
  EXPECT_TRUE(ok(hal_device_check(device_)));
}

TEST_F(Check, SaysHowManyMoreThereAre) {
  const Memory first = allocate(HAL_MEM_DEVICE, 64);
  const Memory second = allocate(HAL_MEM_DEVICE, 64);
  const Memory third = allocate(HAL_MEM_DEVICE, 64);
  for (const Memory *memory : {&first, &second, &third}) write_byte(memory->address() + 64);
  EXPECT_TRUE(is(HAL_ERR_KERNEL_FAULT, hal_device_check(device_)));
  EXPECT_NE(last_failure().find("2 more allocations are damaged"), std::string::npos) << last_failure();
}

TEST_F(Check, FindsNothingWhereKernelsStayInside) {
  const Memory memory = allocate(HAL_MEM_DEVICE, 100);
  write_byte(memory.address());
  write_byte(memory.address() + 99);
  EXPECT_TRUE(ok(hal_device_check(device_)));
}

void collect(void *user, hal_log_level_t level, const char *, const char *message) {
  if (level == HAL_LOG_ERROR) *static_cast<std::string *>(user) += message;
}

TEST_F(Check, LogsAtAResetWhatWasNotReportedBefore) {
  const hal_mem_t mem = allocate_tagged(100).release();
  write_byte(info_of(mem).device_addr + 100);
  std::string logged;
  ASSERT_TRUE(ok(hal_log_set_callback(collect, &logged)));
  const hal_status_t status = hal_device_reset(device_);
  ASSERT_TRUE(ok(hal_log_set_callback(nullptr, nullptr)));
  if (status == HAL_ERR_UNSUPPORTED) GTEST_SKIP() << "this backend has no reset";
  EXPECT_TRUE(is(HAL_OK, status));
  EXPECT_NE(logged.find("\"tagged\""), std::string::npos) << logged;
  ASSERT_TRUE(ok(hal_device_stream(device_, &own_)));
  EXPECT_TRUE(ok(hal_device_check(device_)));
}

}  // namespace
}  // namespace hal::conformance
