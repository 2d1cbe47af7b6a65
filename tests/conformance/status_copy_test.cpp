// SPDX-License-Identifier: Apache-2.0
//
// The statuses of copies, fills and waits.
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

class RefusedCopy : public Conformance {
 protected:
  // Makes all four submits on one range of one memory.
  void refuse_all(hal_status_t want, hal_mem_t mem, std::uint64_t offset, std::uint64_t size,
                  std::initializer_list<Value> shown, int line = __builtin_LINE()) {
    const testing::ScopedTrace trace(__FILE__, line, "refuse_all");
    const Memory good = allocate(HAL_MEM_DEVICE, kPage);
    std::uint8_t bytes[64] = {};
    std::uint64_t ticket = 0;
    refuses(want, "hal_copy_to_device", shown,
            [&] { return hal_copy_to_device(own_, mem, offset, bytes, size, &ticket); });
    refuses(want, "hal_copy_from_device", shown,
            [&] { return hal_copy_from_device(own_, bytes, mem, offset, size, &ticket); });
    refuses(want, "hal_copy_on_device", shown,
            [&] { return hal_copy_on_device(own_, mem, offset, good, 0, size, &ticket); });
    refuses(want, "hal_copy_on_device", shown,
            [&] { return hal_copy_on_device(own_, good, 0, mem, offset, size, &ticket); });
    refuses(want, "hal_fill", shown, [&] { return hal_fill(own_, mem, offset, size, 1, &ticket); });
    EXPECT_EQ(ticket, 0U) << "a refused submit must not return a ticket";
    for (const std::uint8_t byte : bytes) ASSERT_EQ(byte, 0);
  }
};

TEST_F(RefusedCopy, OfNothing) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  refuse_all(HAL_ERR_INVALID_ARGUMENT, memory, 0, 0, {0});
}

TEST_F(RefusedCopy, FromOrToNowhere) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  std::uint64_t ticket = 0;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_to_device", {kNull},
          [&] { return hal_copy_to_device(own_, memory, 0, nullptr, 64, &ticket); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_from_device", {kNull},
          [&] { return hal_copy_from_device(own_, nullptr, memory, 0, 64, &ticket); });
}

TEST_F(RefusedCopy, OutsideTheAllocation) {
  const Memory memory = allocate(HAL_MEM_DEVICE, 1000);
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, 0, 1001, {1001, 1000});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, 1000, 1, {1000});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, 999, 2, {999});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, 1001, 1, {1001});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, UINT64_MAX, 8, {UINT64_MAX});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, UINT64_MAX - 7, 16, {UINT64_MAX - 7});
  refuse_all(HAL_ERR_OUT_OF_RANGE, memory, 8, UINT64_MAX - 7, {UINT64_MAX - 7});
}

TEST_F(RefusedCopy, OfMappedMemory) {
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  refuse_all(HAL_ERR_INVALID_ARGUMENT, mapped, 0, 64, {"HOST_MAPPED"});
  if (!has(HAL_MEM_HOST_IMPORTED)) return;
  const Pages pages(1);
  const Memory imported = import(pages);
  refuse_all(HAL_ERR_INVALID_ARGUMENT, imported, 0, 64, {"HOST_IMPORTED"});
}

TEST_F(RefusedCopy, WithADeviceAddressForAHostPointer) {
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  std::uint64_t ticket = 0;
  for (const Memory *memory : {&device, &mapped}) {
    if (info_of(*memory).host_ptr == reinterpret_cast<void *>(memory->address())) continue;
    for (const std::uint64_t inside : {std::uint64_t{0}, std::uint64_t{100}}) {
      auto *address = reinterpret_cast<void *>(memory->address() + inside);
      refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_to_device", {address},
              [&] { return hal_copy_to_device(own_, device, 0, address, 64, &ticket); });
      refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_from_device", {address},
              [&] { return hal_copy_from_device(own_, address, device, 0, 64, &ticket); });
    }
  }
}

TEST_F(RefusedCopy, WithAHostRangeThatWrapsAround) {
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  std::uint64_t ticket = 0;
  auto *end = reinterpret_cast<void *>(UINTPTR_MAX - 15);
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_to_device", {end},
          [&] { return hal_copy_to_device(own_, device, 0, end, 64, &ticket); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_copy_from_device", {end},
          [&] { return hal_copy_from_device(own_, end, device, 0, 64, &ticket); });
}

TEST_F(RefusedCopy, UsesUpNoTicket) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  std::uint64_t first = 0;
  std::uint64_t refused = 0;
  std::uint64_t second = 0;
  ASSERT_TRUE(ok(hal_fill(own_, memory, 0, 64, 1, &first)));
  ASSERT_EQ(hal_fill(own_, memory, 0, kPage + 1, 1, &refused), HAL_ERR_OUT_OF_RANGE);
  ASSERT_TRUE(ok(hal_fill(own_, memory, 0, 64, 1, &second)));
  EXPECT_EQ(second, first + 1);
  wait(second);
}

class RefusedWait : public Conformance {};

TEST_F(RefusedWait, ForATicketThatWasNeverGiven) {
  const Memory memory = allocate(HAL_MEM_DEVICE, kPage);
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(hal_fill(own_, memory, 0, 64, 1, &ticket)));
  wait(ticket);
  for (const std::uint64_t never : {ticket + 1, ticket + 1000, UINT64_MAX}) {
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_wait", {never}, [&] { return hal_stream_wait(own_, never, 0); });
  }
  const Stream fresh(device_);
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_wait", {1}, [&] { return hal_stream_wait(fresh, 1, 0); });
}

TEST_F(RefusedWait, ThatRanOutIsATimeout) {
  const Held held(device_, object("basics"));
  for (const std::uint64_t timeout : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
    refuses(HAL_ERR_TIMEOUT, "hal_stream_wait", {held.ticket()},
            [&] { return hal_stream_wait(own_, held.ticket(), timeout); });
    refuses(HAL_ERR_TIMEOUT, "hal_device_wait", {}, [&] { return hal_device_wait(device_, timeout); });
  }
  std::uint64_t completed = 99;
  EXPECT_TRUE(ok(hal_stream_query(own_, &completed))) << "a ticket that is not done is not an error";
  EXPECT_EQ(completed, held.ticket() - 1);
}

TEST_F(RefusedWait, WithoutAnOutput) {
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_query", {kNull}, [&] { return hal_stream_query(own_, nullptr); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_create", {kNull},
          [&] { return hal_stream_create(device_, 0, nullptr); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_device_stream", {kNull}, [&] { return hal_device_stream(device_, nullptr); });
  hal_stream_t stream = nullptr;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_stream_create", {8}, [&] { return hal_stream_create(device_, 8, &stream); });
}

}  // namespace
}  // namespace hal::conformance
