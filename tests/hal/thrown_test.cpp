// SPDX-License-Identifier: Apache-2.0
//
// P5: if an operation throws an exception, the error names the plugin, and libhal's objects stay consistent.
#include <functional>
#include <string>

#include "api_fixture.hpp"
#include "log_capture.hpp"

namespace hal::test {
namespace {

using fake::Control;

class Thrown : public FakeDevice {
 protected:
  Thrown() : FakeDevice("fake-throws") {}

  // The operation throws each kind of exception. The call fails and names the plugin.
  void expect_blame(const std::string &operation, const std::function<hal_status_t()> &call) {
    SCOPED_TRACE(operation);
    for (const auto &[thrown, words] : {std::pair{Control::kRuntimeError, "seeded"},
                                        {Control::kBadAlloc, "std::bad_alloc"},
                                        {Control::kNumber, "not a std::exception"}}) {
      control->throw_next = thrown;
      EXPECT_EQ(call(), HAL_ERR_INTERNAL);
      EXPECT_EQ(control->throw_next, Control::kNothing) << "the operation was not called";
      EXPECT_STREQ(last_error().component, "fake-throws");
      EXPECT_EQ(last_message(),
                operation + " of backend fake-throws threw an exception, which no operation may do (P5): " + words);
      EXPECT_TRUE(contains(last_hint(), "plugin's author")) << last_hint();
    }
  }
};

TEST_F(Thrown, ByAMemoryOperationNamesThePluginAndAllocatesNothing) {
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 4096);
  hal_mem_t mem = nullptr;
  expect_blame("mem_alloc", [&] { return hal_mem_alloc(device, &desc, &mem); });
  EXPECT_EQ(mem, nullptr);
  mem = alloc();
  expect_blame("mem_free", [&] { return hal_mem_free(mem); });
  EXPECT_EQ(info(mem).size_bytes, 4096U) << "the memory is still allocated";
  EXPECT_EQ(hal_mem_free(mem), HAL_OK) << last_message();
  std::uint64_t value = 0;
  expect_blame("device_query", [&] { return hal_device_query(device, HAL_PROPERTY_MEMORY_TOTAL_BYTES, &value); });
}

TEST_F(Thrown, BySubmitsAndWaitsNamesThePluginAndKeepsNothingBusy) {
  const hal_mem_t mem = alloc();
  const hal_executable_t executable = load();
  const hal_arg_t arg = mem_arg(mem);
  const hal_launch_desc_t desc = launch_desc(find(executable), &arg, 1);
  std::uint64_t ticket = 0;
  expect_blame("launch", [&] { return hal_kernel_launch(&desc, &ticket); });
  expect_blame("fill", [&] { return hal_fill(own_stream(), mem, 0, 64, 1, &ticket); });
  EXPECT_EQ(ticket, 0U);
  ASSERT_EQ(hal_kernel_launch(&desc, &ticket), HAL_OK) << last_message();
  EXPECT_EQ(ticket, 1U) << "a throwing submit uses no ticket";
  expect_blame("stream_wait", [&] { return hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER); });
  std::uint64_t completed = 0;
  expect_blame("stream_query", [&] { return hal_stream_query(own_stream(), &completed); });
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER), HAL_OK) << last_message();
  EXPECT_EQ(hal_mem_free(mem), HAL_OK) << last_message();
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK) << last_message();
}

TEST_F(Thrown, WhileADeviceIsClosedStillClosesIt) {
  LogCapture capture;
  hal_device_t other = nullptr;
  ASSERT_EQ(hal_device_open(backend, 1, &other), HAL_OK) << last_message();
  const int closes = control->closes;
  control->throw_next = Control::kNumber;  // by stream_destroy of its own stream
  EXPECT_EQ(hal_device_close(other), HAL_OK) << last_message();
  EXPECT_EQ(control->closes, closes + 1) << "device_close was still called";
  ASSERT_EQ(hal_device_open(backend, 1, &other), HAL_OK) << last_message();
  EXPECT_EQ(hal_device_close(other), HAL_OK) << last_message();
}

}  // namespace
}  // namespace hal::test
