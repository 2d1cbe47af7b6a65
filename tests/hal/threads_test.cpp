// SPDX-License-Identifier: Apache-2.0
//
// The same calls from several threads at once. These tests are most useful under the thread sanitizer.
#include <atomic>
#include <vector>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

class Threads : public FakeDevice {
 protected:
  template <typename Body>
  static void run(int count, Body body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([=] { body(i); });
    for (std::thread &thread : threads) thread.join();
  }
};

TEST_F(Threads, SubmitToTheDevicesOwnStreamAndWait) {
  hal_executable_t executable = load();
  hal_kernel_t kernel = find(executable);
  hal_mem_t mem = alloc();
  const hal_stream_t own = own_stream();
  run(4, [&](int) {
    const hal_arg_t args[] = {mem_arg(mem), scalar(3)};
    const hal_launch_desc_t desc = launch_desc(kernel, args, 2);
    std::uint64_t previous = 0;
    for (int i = 0; i < 500; ++i) {
      std::uint64_t ticket = 0;
      ASSERT_EQ(hal_kernel_launch(&desc, &ticket), HAL_OK) << last_message();
      ASSERT_GT(ticket, previous);
      previous = ticket;
      ASSERT_EQ(hal_stream_wait(own, ticket, HAL_TIMEOUT_FOREVER), HAL_OK) << last_message();
    }
  });
  std::uint64_t completed = 0;
  EXPECT_EQ(hal_stream_query(own, &completed), HAL_OK);
  EXPECT_EQ(completed, 2000u);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
}

TEST_F(Threads, AllocateLookUpAndFree) {
  run(4, [&](int) {
    for (int i = 0; i < 300; ++i) {
      hal_mem_t mem = alloc(HAL_MEM_HOST_MAPPED, 4096);
      const hal_mem_info_t own = info(mem);
      hal_mem_info_t found = {};
      found.struct_size = sizeof(found);
      ASSERT_EQ(hal_mem_lookup_host(device, own.host_ptr, &found), HAL_OK);
      ASSERT_EQ(found.mem, mem);
      ASSERT_EQ(hal_mem_free(mem), HAL_OK) << last_message();
    }
  });
}

TEST_F(Threads, ThatFreeTheSameMemorySucceedOnlyOnce) {
  for (int round = 0; round < 50; ++round) {
    hal_mem_t mem = alloc();
    std::atomic<int> freed{0};
    run(4, [&](int) {
      hal_status_t status = HAL_ERR_BUSY;
      while (status == HAL_ERR_BUSY) status = hal_mem_free(mem);
      EXPECT_TRUE(status == HAL_OK || status == HAL_ERR_INVALID_ARGUMENT) << status;
      if (status == HAL_OK) ++freed;
    });
    EXPECT_EQ(freed, 1);
  }
}

TEST_F(Threads, OpenAndCloseADevice) {
  run(4, [&](int) {
    for (int i = 0; i < 100; ++i) {
      hal_device_t second = nullptr;
      ASSERT_EQ(hal_device_open(backend, 1, &second), HAL_OK) << last_message();
      ASSERT_EQ(hal_device_close(second), HAL_OK) << last_message();
    }
  });
}

TEST_F(Threads, InitAndShutdown) {
  run(4, [&](int) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
      ASSERT_EQ(hal_shutdown(), HAL_OK);
    }
  });
}

TEST_F(Threads, FindOneKernel) {
  hal_executable_t executable = load();
  std::vector<hal_kernel_t> found(4);
  run(4, [&](int i) { found[static_cast<std::size_t>(i)] = find(executable, "same"); });
  for (hal_kernel_t kernel : found) EXPECT_EQ(kernel, found[0]);
  EXPECT_EQ(hal_executable_unload(executable), HAL_OK);
}

}  // namespace
}  // namespace hal::test
