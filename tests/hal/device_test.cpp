// SPDX-License-Identifier: Apache-2.0
#include "api_fixture.hpp"

namespace hal::test {
namespace {

class Device : public FakeDevice {};

TEST_F(Device, OpeningAnOpenDeviceReturnsTheSameHandleAndCountsTheOpen) {
  const int opens = control->opens;
  hal_device_t again = nullptr;
  ASSERT_EQ(hal_device_open(backend, HAL_DEVICE_DEFAULT, &again), HAL_OK);
  EXPECT_EQ(again, device);
  EXPECT_EQ(control->opens, opens);
  EXPECT_EQ(hal_device_close(again), HAL_OK);
  EXPECT_NE(own_stream(), nullptr) << "one close per open";
}

TEST_F(Device, AnUnknownOrdinalIsNotFound) {
  hal_device_t other = nullptr;
  EXPECT_EQ(hal_device_open(backend, 2, &other), HAL_ERR_NOT_FOUND);
  EXPECT_TRUE(contains(last_message(), "2 device(s)"));
  EXPECT_EQ(other, nullptr);
}

TEST_F(Device, AFailedOpenReportsThePluginsErrorAndLeavesNothingOpen) {
  hal_device_t other = nullptr;
  control->fail_open = HAL_ERR_UNAVAILABLE;
  EXPECT_EQ(hal_device_open(backend, 1, &other), HAL_ERR_UNAVAILABLE);
  const hal_error_info_t error = last_error();
  EXPECT_STREQ(error.component, "fake-sim");
  EXPECT_STREQ(error.function, "hal_device_open");
  EXPECT_STREQ(error.native_domain, "fake");
  EXPECT_EQ(error.native_code, 42);
  EXPECT_EQ(error.status, HAL_ERR_UNAVAILABLE);

  const int closes = control->closes;
  control->fail_stream_create = HAL_ERR_OUT_OF_MEMORY;
  EXPECT_EQ(hal_device_open(backend, 1, &other), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(control->closes, closes + 1) << "a device whose stream cannot be created is closed again";
  EXPECT_EQ(hal_device_open(backend, 1, &other), HAL_OK);
  EXPECT_EQ(hal_device_close(other), HAL_OK);
}

TEST_F(Device, ManyThreadsOpenOneDevice) {
  const int opens = control->opens;
  std::vector<std::thread> threads;
  std::vector<hal_device_t> found(8);
  for (hal_device_t &one : found)
    threads.emplace_back([&one, this] { EXPECT_EQ(hal_device_open(backend, 1, &one), HAL_OK); });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(control->opens, opens + 1);
  threads.clear();
  for (hal_device_t one : found) {
    EXPECT_EQ(one, found[0]);
    threads.emplace_back([one] { EXPECT_EQ(hal_device_close(one), HAL_OK) << last_message(); });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(hal_device_close(found[0]), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Device, ClosingWithObjectsOpenIsBusyAndListsThem) {
  hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 12345);
  desc.tag = "kv-cache";
  hal_mem_t mem = nullptr;
  ASSERT_EQ(hal_mem_alloc(device, &desc, &mem), HAL_OK);
  hal_stream_t stream = nullptr;
  ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
  hal_executable_t executable = load();
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  EXPECT_TRUE(
      contains(last_message(), "device fake-sim:0 still has 1 memory (DEVICE \"kv-cache\" of 12345 bytes at 0x"));
  EXPECT_TRUE(contains(last_message(), "), 1 stream, 1 executable")) << last_message();
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_stream_destroy(stream), HAL_OK);
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
}

TEST_F(Device, InfoAndPropertiesComeFromTheBackend) {
  hal_device_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(hal_device_info(device, &info), HAL_OK);
  EXPECT_STREQ(info.backend, "fake-sim");
  EXPECT_STREQ(info.soc, "Fake1");
  EXPECT_EQ(info.ordinal, 0u);
  std::uint64_t value = 77;
  EXPECT_EQ(hal_device_query(device, HAL_PROPERTY_UB_BYTES, &value), HAL_ERR_UNSUPPORTED);
  EXPECT_EQ(value, 77u) << "a failed call changes no output";
  EXPECT_EQ(hal_device_query(device, HAL_PROPERTY_MEMORY_TOTAL_BYTES, &value), HAL_OK);
  EXPECT_EQ(value, 64u << 20);
}

TEST_F(Device, APluginThatNamesNoNativeApiLeavesAnEmptyText) {
  hal_device_info_t info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(hal_device_info(device, &info), HAL_OK);
  EXPECT_STREQ(info.native_api, "");
}

TEST_F(Device, ThePluginNamesTheNativeApiInUse) {
  hal_backend_t hardware = nullptr;
  ASSERT_EQ(hal_backend_select("fake-npu", &hardware), HAL_OK) << last_message();
  hal_device_t npu = nullptr;
  ASSERT_EQ(hal_device_open(hardware, 0, &npu), HAL_OK) << last_message();
  hal_device_info_t info = {};
  info.struct_size = sizeof(info);
  EXPECT_EQ(hal_device_info(npu, &info), HAL_OK);
  EXPECT_STREQ(info.native_api, "fake 1.2 from /opt/fake/libfake.so");
  EXPECT_EQ(hal_device_close(npu), HAL_OK);
}

TEST_F(Device, HandlesOfOtherTypesAndNonsenseAreRefused) {
  hal_mem_t mem = alloc();
  EXPECT_EQ(hal_device_close(reinterpret_cast<hal_device_t>(mem)), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "is a mem handle"));
  EXPECT_EQ(hal_device_close(nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_device_close(reinterpret_cast<hal_device_t>(&mem)), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "stale"));
}

TEST_F(Device, ClosingWhileAnotherThreadIsInsideACallIsBusy) {
  control->block_alloc = true;
  hal_mem_t mem = nullptr;
  std::thread other([&] { mem = alloc(); });
  wait_until([&] { return control->inside_alloc > 0; });
  EXPECT_EQ(hal_device_close(device), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "another thread"));
  control->block_alloc = false;
  other.join();
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

}  // namespace
}  // namespace hal::test
