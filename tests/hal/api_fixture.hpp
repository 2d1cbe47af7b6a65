// SPDX-License-Identifier: Apache-2.0
//
// Fixtures that initialise libhal and open device 0 of the fake backend.
#ifndef HAL_TESTS_HAL_API_FIXTURE_HPP_
#define HAL_TESTS_HAL_API_FIXTURE_HPP_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

#include "fake_control.hpp"
#include "hal/hal.h"

namespace hal::test {

inline hal_error_info_t last_error() {
  hal_error_info_t info = {};
  info.struct_size = sizeof(info);
  hal_last_error(&info);
  return info;
}

inline std::string last_message() { return last_error().message; }
inline std::string last_hint() { return last_error().hint; }

inline bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// Waits for a condition that another thread makes true.
template <typename Condition>
void wait_until(Condition &&condition) {
  while (!condition()) std::this_thread::yield();
}

inline hal_mem_desc_t mem_desc(hal_mem_kind_t kind, std::uint64_t size) {
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof(desc);
  desc.kind = kind;
  desc.size_bytes = size;
  return desc;
}

inline hal_arg_t scalar(std::uint64_t bits, hal_dtype_t dtype = HAL_DTYPE_U64) {
  hal_arg_t arg = {};
  arg.type = HAL_ARG_SCALAR;
  arg.dtype = dtype;
  arg.u.bits = bits;
  return arg;
}

inline hal_arg_t mem_arg(hal_mem_t mem, std::uint64_t offset = 0, std::uint64_t size = 0) {
  hal_arg_t arg = {};
  arg.type = HAL_ARG_MEM;
  arg.access = HAL_ACCESS_READ;
  arg.mem = mem;
  arg.offset_bytes = offset;
  arg.u.mem.size_bytes = size;
  return arg;
}

class Initialised : public testing::Test {
 protected:
  void SetUp() override {
    setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 0);
    ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK) << last_message();
  }
  void TearDown() override { EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message(); }
};

class FakeDevice : public Initialised {
 protected:
  explicit FakeDevice(const char *backend_name = "fake-sim") : backend_name_(backend_name) {}

  void SetUp() override {
    Initialised::SetUp();
    ASSERT_EQ(hal_backend_select(backend_name_, &backend), HAL_OK) << last_message();
    ASSERT_EQ(hal_device_open(backend, 0, &device), HAL_OK) << last_message();
    std::uint64_t address = 0;
    ASSERT_EQ(hal_device_query(device, fake::kControlProperty, &address), HAL_OK);
    control = reinterpret_cast<fake::Control *>(address);
  }

  void TearDown() override {
    EXPECT_EQ(hal_device_close(device), HAL_OK) << last_message();
    EXPECT_EQ(control->live_memories, 0);
    EXPECT_EQ(control->live_executables, 0);
    Initialised::TearDown();
  }

  hal_mem_t alloc(hal_mem_kind_t kind = HAL_MEM_DEVICE, std::uint64_t size = 4096) {
    const hal_mem_desc_t desc = mem_desc(kind, size);
    hal_mem_t mem = nullptr;
    EXPECT_EQ(hal_mem_alloc(device, &desc, &mem), HAL_OK) << last_message();
    return mem;
  }

  hal_mem_info_t info(hal_mem_t mem) {
    hal_mem_info_t answer = {};
    answer.struct_size = sizeof(answer);
    EXPECT_EQ(hal_mem_info(mem, &answer), HAL_OK) << last_message();
    return answer;
  }

  hal_executable_t load() {
    static const char kObject[] = "FAKE-KERNEL v1";
    hal_executable_t executable = nullptr;
    EXPECT_EQ(hal_executable_load_data(device, kObject, sizeof(kObject), &executable), HAL_OK) << last_message();
    return executable;
  }

  hal_kernel_t find(hal_executable_t executable, const char *name = nullptr) {
    hal_kernel_t kernel = nullptr;
    EXPECT_EQ(hal_executable_find(executable, name, &kernel), HAL_OK) << last_message();
    return kernel;
  }

  hal_stream_t own_stream() {
    hal_stream_t stream = nullptr;
    EXPECT_EQ(hal_device_stream(device, &stream), HAL_OK);
    return stream;
  }

  hal_launch_desc_t launch_desc(hal_kernel_t kernel, const hal_arg_t *args, std::uint32_t count) {
    hal_launch_desc_t desc = {};
    desc.struct_size = sizeof(desc);
    desc.kernel = kernel;
    desc.block_count = 1;
    desc.args = args;
    desc.arg_count = count;
    return desc;
  }

  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  fake::Control *control = nullptr;

 private:
  const char *backend_name_;
};

}  // namespace hal::test

#endif  // HAL_TESTS_HAL_API_FIXTURE_HPP_
