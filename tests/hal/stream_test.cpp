// SPDX-License-Identifier: Apache-2.0
//
// Streams, tickets, copies and fills.
#include <cstring>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

class Stream : public FakeDevice {
 protected:
  std::uint64_t fill(hal_stream_t stream, hal_mem_t mem) {
    std::uint64_t ticket = 0;
    EXPECT_EQ(hal_fill(stream, mem, 0, 16, 1, &ticket), HAL_OK) << last_message();
    return ticket;
  }
};

TEST_F(Stream, BytesGoToTheDeviceAndBack) {
  hal_mem_t a = alloc();
  hal_mem_t b = alloc();
  const char text[] = "through the device";
  char back[sizeof(text)] = {};
  std::uint64_t ticket = 0;
  ASSERT_EQ(hal_copy_to_device(nullptr, a, 100, text, sizeof(text), nullptr), HAL_OK) << last_message();
  ASSERT_EQ(hal_copy_on_device(nullptr, b, 7, a, 100, sizeof(text), nullptr), HAL_OK);
  ASSERT_EQ(hal_copy_from_device(nullptr, back, b, 7, sizeof(text), &ticket), HAL_OK);
  EXPECT_EQ(ticket, 3u);
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket, HAL_TIMEOUT_FOREVER), HAL_OK);
  EXPECT_STREQ(back, text);
  EXPECT_EQ(hal_mem_free(a), HAL_OK);
  EXPECT_EQ(hal_mem_free(b), HAL_OK);
}

TEST_F(Stream, CopiesCheckRangesKindsAndPointers) {
  hal_mem_t mem = alloc(HAL_MEM_DEVICE, 4096);
  hal_mem_t mapped = alloc(HAL_MEM_HOST_MAPPED, 4096);
  hal_mem_t pinned = alloc(HAL_MEM_HOST_PINNED, 4096);
  char host[64] = {};
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, 4090, host, 7, nullptr), HAL_ERR_OUT_OF_RANGE);
  EXPECT_TRUE(contains(last_message(), "offset 4090 + 7 bytes"));
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, UINT64_MAX, host, 2, nullptr), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, 0, host, 0, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, 0, nullptr, 8, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_copy_to_device(nullptr, mapped, 0, host, 8, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_hint(), "host pointer"));
  EXPECT_EQ(hal_fill(nullptr, pinned, 0, 8, 1, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_copy_on_device(nullptr, mem, 0, mapped, 0, 8, nullptr), HAL_ERR_INVALID_ARGUMENT);

  const void *as_pointer = reinterpret_cast<const void *>(info(mapped).device_addr + 8);
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, 0, as_pointer, 8, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "device address"));
  EXPECT_EQ(hal_copy_to_device(nullptr, mem, 0, info(mapped).host_ptr, 8, nullptr), HAL_OK)
      << "the host's own pointer to shared memory is host memory";
  for (hal_mem_t each : {mem, mapped, pinned}) EXPECT_EQ(hal_mem_free(each), HAL_OK);
}

TEST_F(Stream, ObjectsOfDifferentDevicesDoNotMix) {
  hal_device_t second = nullptr;
  ASSERT_EQ(hal_device_open(backend, 1, &second), HAL_OK);
  hal_stream_t foreign = nullptr;
  ASSERT_EQ(hal_device_stream(second, &foreign), HAL_OK);
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 64);
  hal_mem_t other = nullptr;
  ASSERT_EQ(hal_mem_alloc(second, &desc, &other), HAL_OK);
  hal_mem_t mem = alloc();
  EXPECT_EQ(hal_fill(foreign, mem, 0, 8, 1, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_copy_on_device(nullptr, mem, 0, other, 0, 8, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_mem_free(other), HAL_OK);
  EXPECT_EQ(hal_device_close(second), HAL_OK);
}

TEST_F(Stream, TicketsThatWereNeverIssuedAreRefused) {
  hal_mem_t mem = alloc();
  const std::uint64_t ticket = fill(nullptr, mem);
  EXPECT_EQ(hal_stream_wait(own_stream(), 0, 0), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket + 1, 0), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_stream_wait(own_stream(), ticket, 0), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Stream, UnfinishedWorkKeepsItsMemoryAndStreamBusy) {
  hal_stream_t stream = nullptr;
  ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
  hal_mem_t mem = alloc();
  control->hold = true;
  const std::uint64_t ticket = fill(stream, mem);
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_BUSY);
  EXPECT_TRUE(contains(last_message(), "ticket " + std::to_string(ticket)));
  EXPECT_EQ(hal_stream_destroy(stream), HAL_ERR_BUSY);
  EXPECT_EQ(hal_stream_wait(stream, ticket, 1000), HAL_ERR_TIMEOUT);
  EXPECT_TRUE(contains(last_message(), "1000 ns"));
  EXPECT_EQ(hal_device_wait(device, 1000), HAL_ERR_TIMEOUT);
  std::uint64_t completed = 9;
  EXPECT_EQ(hal_stream_query(stream, &completed), HAL_OK);
  EXPECT_EQ(completed, 0u);
  control->hold = false;
  EXPECT_EQ(hal_device_wait(device, HAL_TIMEOUT_FOREVER), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
  EXPECT_EQ(hal_stream_destroy(stream), HAL_OK);
  EXPECT_EQ(hal_stream_wait(stream, ticket, 0), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Stream, EachOfManyStreamsKeepsTheSameMemoryBusy) {
  constexpr int kStreams = 11;
  hal_mem_t mem = alloc();
  hal_stream_t streams[kStreams];
  for (hal_stream_t &stream : streams) {
    ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
    fill(stream, mem);
  }
  control->hold = true;
  fill(streams[kStreams - 1], mem);
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_BUSY);
  control->hold = false;
  for (hal_stream_t stream : streams) EXPECT_EQ(hal_stream_destroy(stream), HAL_OK);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Stream, AFailureStaysWithItsTicketAndLaterTicketsAreCancelled) {
  hal_stream_t stream = nullptr;
  ASSERT_EQ(hal_stream_create(device, 0, &stream), HAL_OK);
  hal_mem_t mem = alloc();
  const std::uint64_t good = fill(stream, mem);
  control->fail_work = HAL_ERR_KERNEL_FAULT;
  const std::uint64_t bad = fill(stream, mem);
  const std::uint64_t later = fill(stream, mem);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hal_stream_wait(stream, good, 0), HAL_OK);
    EXPECT_EQ(hal_stream_wait(stream, bad, 0), HAL_ERR_KERNEL_FAULT);
    EXPECT_EQ(hal_stream_wait(stream, later, 0), HAL_ERR_CANCELLED);
  }
  std::uint64_t completed = 0;
  EXPECT_EQ(hal_stream_query(stream, &completed), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(completed, good);
  EXPECT_EQ(hal_device_wait(device, HAL_TIMEOUT_FOREVER), HAL_ERR_KERNEL_FAULT) << "the cause, not a cancelled ticket";

  EXPECT_EQ(hal_last_error(nullptr), HAL_ERR_INVALID_ARGUMENT);
  const std::string before = last_message();
  EXPECT_EQ(hal_mem_free(mem), HAL_OK) << "failed work is finished";
  EXPECT_EQ(hal_stream_destroy(stream), HAL_OK);
  EXPECT_EQ(last_message(), before) << "the query of the backend recorded no error";
}

TEST_F(Stream, TheDevicesOwnStreamIsNeverDestroyed) {
  EXPECT_EQ(hal_stream_destroy(own_stream()), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(own_stream(), own_stream());
  hal_stream_t stream = nullptr;
  EXPECT_EQ(hal_stream_create(device, 1, &stream), HAL_ERR_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace hal::test
