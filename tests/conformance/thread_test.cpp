// SPDX-License-Identifier: Apache-2.0
//
// P9: any host thread may call. A thread may end what another thread began.
#include <cstring>
#include <thread>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

constexpr hal_mem_kind_t kKinds[] = {HAL_MEM_DEVICE, HAL_MEM_HOST_PINNED, HAL_MEM_HOST_MAPPED, HAL_MEM_DEVICE_MAPPED};

// Runs the body on a new thread that ends right after it.
void on_new_thread(const std::function<void()> &body) { std::thread(body).join(); }

class AnyThread : public Conformance {};

TEST_F(AnyThread, MayFreeWhatAnotherAllocated) {
  for (const hal_mem_kind_t kind : kKinds) {
    if (!has(kind)) continue;
    SCOPED_TRACE(kind);
    const auto desc = describe(kind, kPage);
    hal_mem_t mem = nullptr;
    on_new_thread([&] { ASSERT_TRUE(ok(hal_mem_alloc(device_, &desc, &mem))); });
    ASSERT_NE(mem, nullptr);
    on_new_thread([&] {
      const hal_mem_info_t info = info_of(mem);
      if (info.host_ptr != nullptr) std::memset(info.host_ptr, 0x5a, kPage);
    });
    on_new_thread([&] { EXPECT_TRUE(ok(hal_mem_free(mem))); });
  }
}

TEST_F(AnyThread, MayUseAndDestroyTheStreamOfAnother) {
  hal_stream_t stream = nullptr;
  on_new_thread([&] { ASSERT_TRUE(ok(hal_stream_create(device_, 0, &stream))); });
  std::uint64_t completed = 1;
  on_new_thread([&] { EXPECT_TRUE(ok(hal_stream_query(stream, &completed))); });
  EXPECT_EQ(completed, 0U);
  on_new_thread([&] { EXPECT_TRUE(ok(hal_stream_destroy(stream))); });
}

TEST_F(AnyThread, MayCloseTheDeviceThatAnotherOpened) {
  ASSERT_TRUE(ok(hal_device_close(std::exchange(device_, nullptr))));
  hal_device_t device = nullptr;
  on_new_thread([&] { ASSERT_TRUE(ok(hal_device_open(backend_, HAL_DEVICE_DEFAULT, &device))); });
  ASSERT_NE(device, nullptr);
  on_new_thread([&] { EXPECT_TRUE(ok(hal_device_wait(device, kPatienceNs))); });
  on_new_thread([&] { EXPECT_TRUE(ok(hal_device_close(device))); });
}

}  // namespace
}  // namespace hal::conformance
