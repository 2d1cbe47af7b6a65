// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "api_fixture.hpp"
#include "log_capture.hpp"

namespace hal::test {
namespace {

class Reset : public FakeDevice {};

TEST_F(Reset, ReleasesEveryObjectExceptTheDeviceAndItsOwnStream) {
  hal_mem_t mem = alloc(HAL_MEM_HOST_MAPPED);
  const hal_mem_info_t before = info(mem);
  hal_executable_t executable = load();
  hal_kernel_t kernel = find(executable);
  hal_stream_t stream = nullptr;
  ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
  const hal_stream_t own = own_stream();
  ASSERT_EQ(hal_device_reset(device), HAL_OK) << last_message();

  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_executable_unload(executable), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_stream_destroy(stream), HAL_ERR_INVALID_ARGUMENT);
  const hal_launch_desc_t desc = launch_desc(kernel, nullptr, 0);
  EXPECT_EQ(hal_kernel_launch(&desc, nullptr), HAL_ERR_INVALID_ARGUMENT);
  hal_mem_info_t answer = {};
  answer.struct_size = sizeof(answer);
  EXPECT_EQ(hal_mem_lookup_host(device, before.host_ptr, &answer), HAL_OK);
  EXPECT_EQ(answer.kind, HAL_MEM_UNKNOWN);
  EXPECT_EQ(own_stream(), own);
}

TEST_F(Reset, LogsTheReleasedObjects) {
  hal_log_set_level(HAL_LOG_INFO);
  alloc(HAL_MEM_HOST_MAPPED);
  {
    const LogCapture log;
    ASSERT_EQ(hal_device_reset(device), HAL_OK) << last_message();
    const std::string line = log.line_with("was reset; objects released: ");
    EXPECT_TRUE(contains(line, "1 memory (HOST_MAPPED")) << line;
    ASSERT_EQ(hal_device_reset(device), HAL_OK) << last_message();
    EXPECT_NE(log.line_with("objects released: none"), "");
  }
  hal_log_set_level(HAL_LOG_WARN);
}

TEST_F(Reset, TicketsKeepRisingAndUnfinishedOnesAreCancelled) {
  hal_mem_t mem = alloc();
  std::uint64_t done = 0;
  ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &done), HAL_OK);
  ASSERT_EQ(hal_stream_wait(own_stream(), done, HAL_TIMEOUT_FOREVER), HAL_OK);
  control->fail_work = HAL_ERR_KERNEL_FAULT;
  std::uint64_t lost = 0;
  ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &lost), HAL_OK);
  ASSERT_EQ(hal_device_reset(device), HAL_OK);

  EXPECT_EQ(hal_stream_wait(own_stream(), done, 0), HAL_OK);
  EXPECT_EQ(hal_stream_wait(own_stream(), lost, 0), HAL_ERR_CANCELLED);
  mem = alloc();
  std::uint64_t later = 0;
  ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &later), HAL_OK) << last_message();
  EXPECT_GT(later, lost);
  EXPECT_EQ(hal_stream_wait(own_stream(), later, HAL_TIMEOUT_FOREVER), HAL_OK);
  EXPECT_EQ(hal_stream_wait(own_stream(), lost, 0), HAL_ERR_CANCELLED) << "a ticket keeps its failure";
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

// The record of cancelled tickets is limited: libhal merges its oldest entries, with the tickets between them.
TEST_F(Reset, CancelledTicketsStayCancelledAfterManyResets) {
  constexpr std::size_t kResets = 100;
  std::vector<std::uint64_t> done(kResets);
  std::vector<std::uint64_t> lost(kResets);
  for (std::size_t i = 0; i < kResets; ++i) {
    hal_mem_t mem = alloc();
    ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &done[i]), HAL_OK);
    ASSERT_EQ(hal_stream_wait(own_stream(), done[i], HAL_TIMEOUT_FOREVER), HAL_OK);
    control->fail_work = HAL_ERR_KERNEL_FAULT;
    ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &lost[i]), HAL_OK);
    ASSERT_EQ(hal_device_reset(device), HAL_OK);
  }
  for (std::size_t i = 0; i < kResets; ++i)
    EXPECT_EQ(hal_stream_wait(own_stream(), lost[i], 0), HAL_ERR_CANCELLED) << i;
  for (std::size_t i = kResets - 60; i < kResets; ++i)
    EXPECT_EQ(hal_stream_wait(own_stream(), done[i], 0), HAL_OK) << i;
  EXPECT_EQ(hal_stream_wait(own_stream(), done[1], 0), HAL_ERR_CANCELLED) << "libhal has merged the entries around it";
}

TEST_F(Reset, IsBusyWhileAThreadWaits) {
  hal_mem_t mem = alloc();
  control->hold = true;
  std::uint64_t ticket = 0;
  ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &ticket), HAL_OK);
  std::thread waiter([&] { EXPECT_EQ(hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER), HAL_OK); });
  wait_until([&] { return control->inside_wait > 0; });
  EXPECT_EQ(hal_device_reset(device), HAL_ERR_BUSY);
  control->hold = false;
  waiter.join();
  EXPECT_EQ(hal_mem_free(mem), HAL_OK) << "a refused reset changes nothing";
}

TEST_F(Reset, AFailedResetLosesTheDeviceUntilTheNextOne) {
  hal_mem_t mem = alloc();
  control->fail_reset = HAL_ERR_UNAVAILABLE;
  EXPECT_EQ(hal_device_reset(device), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT) << "the backend has released it";
  std::uint64_t completed = 0;
  EXPECT_EQ(hal_stream_query(own_stream(), &completed), HAL_ERR_DEVICE_LOST);
  ASSERT_EQ(hal_device_reset(device), HAL_OK) << last_message();
  mem = alloc();
  EXPECT_EQ(hal_fill(nullptr, mem, 0, 8, 1, nullptr), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Reset, ADeviceThatOthersUseStaysUnchanged) {
  hal_mem_t mem = alloc();
  std::uint64_t ticket = 0;
  ASSERT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &ticket), HAL_OK);
  control->fail_reset = HAL_ERR_FAILED_PRECONDITION;
  EXPECT_EQ(hal_device_reset(device), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER), HAL_OK);
  EXPECT_EQ(hal_fill(nullptr, mem, 0, 8, 1, &ticket), HAL_OK) << "the device is not lost";
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK) << "a refused reset changes nothing";
}

TEST_F(Reset, ADeviceWhoseStreamCannotBeMadeAgainIsLostUntilTheNextReset) {
  control->fail_stream_create = HAL_ERR_OUT_OF_MEMORY;
  EXPECT_EQ(hal_device_reset(device), HAL_ERR_OUT_OF_MEMORY);
  hal_mem_t mem = alloc();
  EXPECT_EQ(hal_fill(nullptr, mem, 0, 8, 1, nullptr), HAL_ERR_DEVICE_LOST);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_device_reset(device), HAL_OK);
  mem = alloc();
  EXPECT_EQ(hal_fill(nullptr, mem, 0, 8, 1, nullptr), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

}  // namespace
}  // namespace hal::test
