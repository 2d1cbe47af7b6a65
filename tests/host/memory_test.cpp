// SPDX-License-Identifier: Apache-2.0
//
// Tests of device memory, copies, shared memory and registrations.
#include <numeric>

#include "worker_test.hpp"

namespace hal::test {
namespace {

TEST_F(WorkerTest, CopiesReachInteriorAddresses) {
  const hal_device_addr_t addr = worker_.allocate(kCount * sizeof(std::uint32_t));
  std::vector<std::uint32_t> data(kCount);
  std::iota(data.begin(), data.end(), 0u);
  worker_.copy_to(addr, data.data(), kCount * 4);
  const std::uint32_t mark = 4711;
  worker_.copy_to(addr + 40, &mark, 4);
  std::uint32_t back[3] = {};
  worker_.copy_from(back, addr + 36, sizeof(back));
  EXPECT_EQ(back[0], 9u);
  EXPECT_EQ(back[1], mark);
  EXPECT_EQ(back[2], 11u);
}

TEST_F(WorkerTest, CopiesOfWrongSizesAreRefused) {
  const hal_device_addr_t addr = worker_.allocate(64);
  std::uint8_t data[128] = {};
  expect_failure(HAL_ERR_OUT_OF_RANGE, "128", [&] { worker_.copy_to(addr, data, 128); });
  expect_failure(HAL_ERR_OUT_OF_RANGE, "", [&] { worker_.copy_from(data, addr + 60, 8); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.copy_to(addr, data, 0); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.copy_to(addr, nullptr, 8); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.copy_from(nullptr, addr, 8); });
}

TEST_F(WorkerTest, CopiesOfUnknownAddressesAreRefused) {
  std::uint32_t word = 0;
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "0x40", [&] { worker_.copy_to(0x40, &word, 4); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "0x0", [&] { worker_.copy_from(&word, 0, 4); });
  const auto host = reinterpret_cast<hal_device_addr_t>(&word);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "not in memory of device", [&] { worker_.copy_from(&word, host, 4); });
}

TEST_F(WorkerTest, CopiesOfMappedMemoryAreRefused) {
  const SharedMemory shared = worker_.malloc_host_device_share_mem(kPage);
  std::uint32_t word = 0;
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.copy_to(shared.device_addr, &word, 4); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.copy_from(&word, shared.device_addr, 4); });
}

TEST_F(WorkerTest, AllocationsOfWrongSizesAreRefused) {
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.allocate(0); });
  expect_failure(HAL_ERR_OUT_OF_MEMORY, "", [&] { worker_.allocate(std::uint64_t{1} << 63); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.malloc_host_device_share_mem(0); });
  expect_failure(HAL_ERR_OUT_OF_MEMORY, "", [&] { worker_.malloc_host_device_share_mem(std::uint64_t{1} << 62); });
}

TEST_F(WorkerTest, ReleaseAcceptsOnlyTheStartAndOnlyOnce) {
  const hal_device_addr_t addr = worker_.allocate(4096);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "64 bytes inside", [&] { worker_.release(addr + 64); });
  worker_.release(addr);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "freed already", [&] { worker_.release(addr); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "0x0", [&] { worker_.release(0); });
}

TEST_F(WorkerTest, EachKindIsFreedByItsOwnCall) {
  const SharedMemory shared = worker_.malloc_host_device_share_mem(kPage);
  Pages pages(kPage);
  const hal_device_addr_t registered = worker_.register_host(pages.data(), kPage);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "free_host_device_share_mem", [&] { worker_.release(shared.device_addr); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "unregister_host", [&] { worker_.release(registered); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "unregister_host",
                 [&] { worker_.free_host_device_share_mem(pages.data()); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "free_host_device_share_mem",
                 [&] { worker_.unregister_host(shared.host_ptr); });
  worker_.unregister_host(pages.data());
  worker_.free_host_device_share_mem(shared.host_ptr);
}

TEST_F(WorkerTest, SharedMemoryIsZeroedAndAlignedAndFreedCompletely) {
  const auto before = free_bytes();
  const SharedMemory shared = worker_.malloc_host_device_share_mem(3 * kPage);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(shared.host_ptr) % kPage, 0u);
  EXPECT_NE(shared.device_addr, reinterpret_cast<std::uintptr_t>(shared.host_ptr));
  EXPECT_EQ(shared.size_bytes, 3 * kPage);
  const auto *bytes = static_cast<const std::uint8_t *>(shared.host_ptr);
  EXPECT_TRUE(std::all_of(bytes, bytes + shared.size_bytes, [](std::uint8_t b) { return b == 0; }));
  worker_.free_host_device_share_mem(shared.host_ptr);
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(WorkerTest, RegisteredMemoryKeepsItsBytes) {
  const auto before = free_bytes();
  Pages pages(kPage);
  auto *x = static_cast<float *>(pages.data());
  x[0] = 1.0f;
  x[1] = 5.0f;
  worker_.register_host(pages.data(), kPage);
  worker_.run(kernel("add_in_place"), {inout(x, {1}), scalar(1u), scalar(2.0f)});
  EXPECT_EQ(x[0], 3.0f);
  worker_.unregister_host(pages.data());
  EXPECT_EQ(x[0], 3.0f);
  EXPECT_EQ(x[1], 5.0f);
  EXPECT_EQ(free_bytes(), before);
}

TEST_F(WorkerTest, RegistrationsThatBreakTheRulesAreRefused) {
  Pages pages(2 * kPage);
  auto *start = static_cast<std::byte *>(pages.data());
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.register_host(nullptr, kPage); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "", [&] { worker_.register_host(start + 64, kPage); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "100", [&] { worker_.register_host(start, 100); });
  worker_.register_host(start, kPage);
  expect_failure(HAL_ERR_ALREADY_EXISTS, "", [&] { worker_.register_host(start, 2 * kPage); });
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "bytes inside", [&] { worker_.unregister_host(start + 64); });
  worker_.unregister_host(start);
  expect_failure(HAL_ERR_INVALID_ARGUMENT, "freed already", [&] { worker_.unregister_host(start); });
}

TEST_F(WorkerTest, MemoryInUseIsBusyAndStaysTheWorkersOwn) {
  const SharedMemory gate = worker_.malloc_host_device_share_mem(kPage);
  const auto ticket = worker_.submit(kernel("hold"), {device(gate.device_addr)});
  expect_failure(HAL_ERR_BUSY, "", [&] { worker_.free_host_device_share_mem(gate.host_ptr); });
  tell(gate, 0, 1);
  worker_.wait(ticket);
  worker_.free_host_device_share_mem(gate.host_ptr);
}

}  // namespace
}  // namespace hal::test
