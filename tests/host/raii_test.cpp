// SPDX-License-Identifier: Apache-2.0
//
// Tests of hal.hpp: ownership, blocking copies, launches.
#include <thread>

#include "hal/hal.hpp"
#include "worker_test.hpp"

namespace hal::test {
namespace {

class Raii : public ::testing::Test {
 protected:
  Executable load() const {
    return device_.load(std::string(HAL_TEST_KERNEL_DIR) + "/" + device_.info().backend + "/host_test_kernels.so");
  }
  Library library_;
  Backend backend_ = Backend::select();
  Device device_{backend_};
};

TEST_F(Raii, BlockingCopiesAndFillsRoundTrip) {
  const Memory memory = device_.allocate(HAL_MEM_DEVICE, 256);
  memory.fill(0x11, 256);
  const std::uint32_t word = 0x22222222;
  memory.copy_to(&word, 4, 8);
  std::uint32_t back[4] = {};
  memory.copy_from(back, sizeof(back));
  EXPECT_EQ(back[1], 0x11111111u);
  EXPECT_EQ(back[2], word);
  EXPECT_TRUE(memory.host().empty()) << "the host cannot access device memory";
}

TEST_F(Raii, LaunchesThroughTheBuilder) {
  const Memory memory = device_.allocate(HAL_MEM_HOST_MAPPED, 4096);
  const std::span<float> x = memory.host<float>();
  ASSERT_EQ(x.size(), 1024u);
  const Executable object = load();
  Launch launch(object.find("add_in_place"));
  launch.arg(tensor(memory, {1024}, HAL_DTYPE_F32)).arg(scalar(1024u)).arg(scalar(2.0f)).blocks(4);
  launch.submit(device_).wait();
  const Stream stream = device_.create_stream();
  const Ticket second = launch.submit(stream);
  second.wait();
  EXPECT_EQ(stream.completed(), second.number());
  EXPECT_EQ(x.front(), 4.0f);
  EXPECT_EQ(x.back(), 4.0f);
}

TEST_F(Raii, MovedFromOwnersAreEmpty) {
  Memory memory = device_.allocate(HAL_MEM_DEVICE, 64);
  const hal_mem_t handle = memory.handle();
  Memory moved = std::move(memory);
  EXPECT_FALSE(memory);
  EXPECT_EQ(moved.handle(), handle);
  EXPECT_EQ(failure_of([&] { memory.info(); })->status, HAL_ERR_INVALID_ARGUMENT);
  memory = std::move(moved);
  EXPECT_EQ(memory.size_bytes(), 64u);
  memory = Memory();
  EXPECT_EQ(failure_of([&] { Memory().info(); })->status, HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Raii, CloseThrowsWhatADestructorWouldWaitFor) {
  Memory gate = device_.allocate(HAL_MEM_HOST_MAPPED, 4096);
  auto *word = gate.host<std::uint32_t>().data();
  const Executable object = load();
  const Ticket ticket = Launch(object.find("hold")).arg(mem(gate)).submit(device_);
  EXPECT_EQ(failure_of([&] { gate.close(); })->status, HAL_ERR_BUSY);
  EXPECT_TRUE(gate) << "a failed close keeps the object";
  __atomic_store_n(word, 1u, __ATOMIC_RELEASE);
  gate = Memory();
  ticket.wait();
}

TEST_F(Raii, LibraryEndsOnlyAfterItsDevices) {
  Library second;
  second.close();
  EXPECT_EQ(failure_of([&] { library_.close(); })->status, HAL_ERR_BUSY);
}

}  // namespace
}  // namespace hal::test
