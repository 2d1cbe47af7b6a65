// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <cstring>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

constexpr std::uint64_t kPage = 4096;

class Memory : public FakeDevice {
 protected:
  hal_status_t try_alloc(const hal_mem_desc_t &desc) {
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_alloc(device, &desc, &mem);
    if (status == HAL_OK) {
      EXPECT_EQ(hal_mem_free(mem), HAL_OK);
    }
    return status;
  }

  hal_mem_desc_t imported(void *start, std::uint64_t size) {
    hal_mem_desc_t desc = mem_desc(HAL_MEM_HOST_IMPORTED, size);
    desc.host_ptr = start;
    return desc;
  }

  hal_status_t try_register(void *start, std::uint64_t size) {
    const hal_mem_desc_t desc = imported(start, size);
    hal_mem_t mem = nullptr;
    const hal_status_t status = hal_mem_register(device, &desc, &mem);
    if (status == HAL_OK) {
      EXPECT_EQ(hal_mem_unregister(mem), HAL_OK);
    }
    return status;
  }

  hal_status_t verdict(const hal_mem_desc_t &desc) {
    hal_mem_caps_t caps = {};
    caps.struct_size = sizeof(caps);
    EXPECT_EQ(hal_mem_query(device, &desc, &caps), HAL_OK) << last_message();
    return caps.verdict;
  }
};

class Pages {
 public:
  explicit Pages(std::uint64_t count) : size_(count * kPage) {
    data_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  ~Pages() { ::munmap(data_, size_); }
  char *at(std::uint64_t page) const { return static_cast<char *>(data_) + page * kPage; }

 private:
  std::uint64_t size_;
  void *data_;
};

TEST_F(Memory, DescriptorsThatBreakARuleAreRefusedAndTheQueryAgrees) {
  const auto expect = [&](hal_mem_desc_t desc, hal_status_t status) {
    EXPECT_EQ(try_alloc(desc), status) << last_message();
    EXPECT_EQ(verdict(desc), status);
  };
  expect(mem_desc(HAL_MEM_DEVICE, 100), HAL_OK);
  expect(mem_desc(HAL_MEM_DEVICE, 0), HAL_ERR_INVALID_ARGUMENT);
  expect(mem_desc(HAL_MEM_DEVICE, std::uint64_t{1} << 63), HAL_ERR_OUT_OF_MEMORY);
  expect(mem_desc(HAL_MEM_DEVICE, UINT64_MAX), HAL_ERR_OUT_OF_MEMORY);
  expect(mem_desc(HAL_MEM_DEVICE, std::uint64_t{1} << 40), HAL_ERR_OUT_OF_MEMORY);
  expect(mem_desc(HAL_MEM_UNKNOWN, 64), HAL_ERR_INVALID_ARGUMENT);
  expect(mem_desc(99, 64), HAL_ERR_INVALID_ARGUMENT);
  expect(mem_desc(HAL_MEM_DEVICE_MAPPED, 64), HAL_ERR_UNSUPPORTED);
  hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 64);
  desc.alignment_bytes = 48;
  expect(desc, HAL_ERR_INVALID_ARGUMENT);
  desc = mem_desc(HAL_MEM_HOST_MAPPED, 64);
  desc.must_reach = HAL_ENGINE_AICPU;
  expect(desc, HAL_ERR_UNSUPPORTED);
  desc.must_reach = std::uint64_t{1} << 20;
  expect(desc, HAL_ERR_INVALID_ARGUMENT);
  desc = mem_desc(HAL_MEM_DEVICE, 64);
  desc.host_ptr = this;
  expect(desc, HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, ReservedWordsMustBeZero) {
  hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 64);
  desc.flags = 1;
  EXPECT_EQ(try_alloc(desc), HAL_ERR_INVALID_ARGUMENT);
  desc.flags = 0;
  desc.reserved0 = 1;
  EXPECT_EQ(try_alloc(desc), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, NullArgumentsAreRefused) {
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 64);
  hal_mem_t mem = nullptr;
  EXPECT_EQ(hal_mem_alloc(device, &desc, nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_alloc(device, nullptr, &mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_alloc(nullptr, &desc, &mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_query(device, &desc, nullptr), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, ALongerDescriptorIsAcceptedIfTheRestIsZero) {
  struct Newer {
    hal_mem_desc_t desc;
    std::uint64_t future;
  } newer = {mem_desc(HAL_MEM_DEVICE, 64), 0};
  newer.desc.struct_size = sizeof(newer);
  EXPECT_EQ(try_alloc(newer.desc), HAL_OK);
  hal_mem_t mem = nullptr;
  newer.future = 1;
  EXPECT_EQ(hal_mem_alloc(device, &newer.desc, &mem), HAL_ERR_UNSUPPORTED);
  EXPECT_TRUE(contains(last_message(), "offset 56"));
  newer.desc.struct_size = 55;
  EXPECT_EQ(hal_mem_alloc(device, &newer.desc, &mem), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, TheHintsOfAllocAndRegisterNameEachOther) {
  const Pages pages(1);
  hal_mem_t mem = nullptr;
  hal_mem_desc_t desc = imported(pages.at(0), kPage);
  EXPECT_EQ(hal_mem_alloc(device, &desc, &mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_hint(), "hal_mem_register"));
  desc.kind = HAL_MEM_HOST_MAPPED;
  EXPECT_EQ(hal_mem_register(device, &desc, &mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_hint(), "hal_mem_alloc"));

  hal_mem_t allocated = alloc();
  EXPECT_EQ(hal_mem_unregister(allocated), HAL_ERR_INVALID_ARGUMENT);
  desc = imported(pages.at(0), kPage);
  ASSERT_EQ(hal_mem_register(device, &desc, &mem), HAL_OK) << last_message();
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_unregister(mem), HAL_OK);
  EXPECT_EQ(hal_mem_free(allocated), HAL_OK);
}

TEST_F(Memory, RegisteringNeedsWholePagesOfTheCaller) {
  const Pages pages(4);
  EXPECT_EQ(try_register(pages.at(0), kPage), HAL_OK);
  EXPECT_EQ(try_register(nullptr, kPage), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(try_register(pages.at(0) + 64, kPage), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(try_register(pages.at(0), kPage + 1), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(try_register(pages.at(0), 0), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(try_register(pages.at(0), UINT64_MAX - kPage + 1), HAL_ERR_INVALID_ARGUMENT) << "address + size overflows";
  EXPECT_EQ(try_register(pages.at(0), std::uint64_t{1} << 63), HAL_ERR_OUT_OF_MEMORY);
}

TEST_F(Memory, OverlapsAreRefusedWithTheOtherRange) {
  const Pages pages(4);
  const hal_mem_desc_t desc = imported(pages.at(1), 2 * kPage);
  hal_mem_t mem = nullptr;
  ASSERT_EQ(hal_mem_register(device, &desc, &mem), HAL_OK);
  for (const auto &[first, count] : {std::pair{0, 2}, {1, 1}, {1, 2}, {2, 2}, {0, 4}}) {
    EXPECT_EQ(try_register(pages.at(first), count * kPage), HAL_ERR_ALREADY_EXISTS);
    EXPECT_EQ(verdict(imported(pages.at(first), count * kPage)), HAL_ERR_ALREADY_EXISTS);
  }
  EXPECT_TRUE(contains(last_message(), std::to_string(2 * kPage)));
  EXPECT_EQ(try_register(pages.at(0), kPage), HAL_OK);
  EXPECT_EQ(try_register(pages.at(3), kPage), HAL_OK);
  EXPECT_EQ(verdict(imported(nullptr, kPage)), HAL_OK) << "a query may omit the pointer";

  hal_mem_t mapped = alloc(HAL_MEM_HOST_MAPPED, kPage);
  EXPECT_EQ(try_register(info(mapped).host_ptr, kPage), HAL_ERR_ALREADY_EXISTS);
  EXPECT_EQ(hal_mem_free(mapped), HAL_OK);
  EXPECT_EQ(hal_mem_unregister(mem), HAL_OK);
}

TEST_F(Memory, AFailedRegistrationLeavesNothing) {
  const Pages pages(1);
  control->fail_register = HAL_ERR_UNSUPPORTED;
  EXPECT_EQ(try_register(pages.at(0), kPage), HAL_ERR_UNSUPPORTED);
  hal_mem_info_t answer = {};
  answer.struct_size = sizeof(answer);
  EXPECT_EQ(hal_mem_lookup_host(device, pages.at(0), &answer), HAL_OK);
  EXPECT_EQ(answer.kind, HAL_MEM_UNKNOWN);
  EXPECT_EQ(try_register(pages.at(0), kPage), HAL_OK);
}

// A registration that the backend has not answered yet, of a range that others want.
class PendingRegistration : public Memory {
 protected:
  void SetUp() override {
    Memory::SetUp();
    ASSERT_EQ(hal_device_open(backend, 1, &second_device_), HAL_OK) << last_message();
  }
  void TearDown() override {
    EXPECT_EQ(hal_device_close(second_device_), HAL_OK) << last_message();
    Memory::TearDown();
  }

  // Returns when the backend has the call.
  void begin(void *start, std::uint64_t size) {
    control->block_register = true;
    thread_ =
        std::thread([this, desc = imported(start, size)] { first_ = hal_mem_register(device, &desc, &first_mem_); });
    wait_until([&] { return control->inside_register > 0; });
  }
  hal_status_t end() {
    control->block_register = false;
    thread_.join();
    return first_;
  }

  hal_device_t second_device_ = nullptr;
  hal_mem_t first_mem_ = nullptr;

 private:
  std::thread thread_;
  hal_status_t first_ = HAL_ERR_UNKNOWN;
};

TEST_F(PendingRegistration, IsTheOnlyOneOfItsRangeOnAnyDevice) {
  const Pages pages(3);
  for (const hal_device_t other : {device, second_device_}) {
    begin(pages.at(0), 2 * kPage);
    hal_status_t second = HAL_ERR_UNKNOWN;
    std::thread thread([&] {
      const hal_mem_desc_t desc = imported(pages.at(1), 2 * kPage);
      hal_mem_t mem = nullptr;
      second = hal_mem_register(other, &desc, &mem);
    });
    EXPECT_EQ(end(), HAL_OK);
    thread.join();
    EXPECT_EQ(second, HAL_ERR_ALREADY_EXISTS);
    EXPECT_EQ(hal_mem_unregister(first_mem_), HAL_OK);
  }
}

TEST_F(PendingRegistration, ThatIsRefusedMakesNoOtherOneFail) {
  const Pages pages(2);
  begin(pages.at(0), 2 * kPage);
  hal_status_t second = HAL_ERR_UNKNOWN;
  std::thread thread([&] { second = try_register(pages.at(1), kPage); });
  control->fail_register = HAL_ERR_UNSUPPORTED;  // for the first one: the second one waits for it
  EXPECT_EQ(end(), HAL_ERR_UNSUPPORTED);
  thread.join();
  EXPECT_EQ(second, HAL_OK);
}

TEST_F(PendingRegistration, ThatIsRefusedMakesNoAllocationFail) {
  begin(reinterpret_cast<void *>(kPage), (std::uint64_t{1} << 47) - 2 * kPage);
  for (const hal_mem_kind_t kind : {HAL_MEM_HOST_PINNED, HAL_MEM_HOST_MAPPED})
    EXPECT_EQ(try_alloc(mem_desc(kind, kPage)), HAL_OK) << last_message();
  control->fail_register = HAL_ERR_UNSUPPORTED;
  EXPECT_EQ(end(), HAL_ERR_UNSUPPORTED);
}

TEST_F(PendingRegistration, ThatOverlapsAnAllocationMeanwhileIsUndone) {
  begin(reinterpret_cast<void *>(kPage), (std::uint64_t{1} << 47) - 2 * kPage);
  hal_mem_t mem = alloc(HAL_MEM_HOST_MAPPED, kPage);
  EXPECT_EQ(end(), HAL_ERR_ALREADY_EXISTS);
  EXPECT_EQ(control->live_memories, 1);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Memory, ARangeOfAnotherDeviceIsTaken) {
  const Pages pages(2);
  const hal_mem_desc_t desc = imported(pages.at(0), 2 * kPage);
  hal_device_t other = nullptr;
  hal_mem_t mem = nullptr;
  hal_mem_t second = nullptr;
  ASSERT_EQ(hal_device_open(backend, 1, &other), HAL_OK) << last_message();
  ASSERT_EQ(hal_mem_register(other, &desc, &mem), HAL_OK) << last_message();
  EXPECT_EQ(hal_mem_register(device, &desc, &second), HAL_ERR_ALREADY_EXISTS);
  EXPECT_EQ(verdict(desc), HAL_ERR_ALREADY_EXISTS);
  ASSERT_EQ(hal_device_reset(other), HAL_OK) << last_message();
  EXPECT_EQ(try_register(pages.at(0), 2 * kPage), HAL_OK) << "the reset ended the registration";
  EXPECT_EQ(hal_device_close(other), HAL_OK);
}

TEST_F(Memory, UnregisteringUnmappedMemoryFailsButEndsTheRegistration) {
  const Pages pages(1);
  const hal_mem_desc_t desc = imported(pages.at(0), kPage);
  hal_mem_t mem = nullptr;
  ASSERT_EQ(hal_mem_register(device, &desc, &mem), HAL_OK);
  control->fail_unregister = HAL_ERR_FAILED_PRECONDITION;
  EXPECT_EQ(hal_mem_unregister(mem), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_EQ(hal_mem_unregister(mem), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, AFreeThatTheBackendRefusesLeavesTheMemoryUsable) {
  hal_mem_t mem = alloc(HAL_MEM_HOST_MAPPED);
  control->fail_free = HAL_ERR_INTERNAL;
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INTERNAL);
  hal_mem_info_t answer = {};
  answer.struct_size = sizeof(answer);
  EXPECT_EQ(hal_mem_lookup_host(device, info(mem).host_ptr, &answer), HAL_OK);
  EXPECT_EQ(answer.mem, mem);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Memory, AFreeThatFindsDamageStillFrees) {
  hal_mem_t mem = alloc();
  control->fail_free = HAL_ERR_KERNEL_FAULT;
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_KERNEL_FAULT);
  EXPECT_EQ(control->live_memories, 0);
  EXPECT_EQ(hal_mem_free(mem), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(Memory, ACheckReportsWhatTheBackendFound) {
  EXPECT_EQ(hal_device_check(device), HAL_OK);
  control->fail_check = HAL_ERR_KERNEL_FAULT;
  EXPECT_EQ(hal_device_check(device), HAL_ERR_KERNEL_FAULT);
  EXPECT_TRUE(contains(last_message(), "device_check")) << last_message();
}

TEST_F(Memory, LookupsFindInteriorAddressesAndAnswerUnknownElsewhere) {
  hal_mem_t mem = alloc(HAL_MEM_HOST_MAPPED, 3 * kPage);
  const hal_mem_info_t own = info(mem);
  EXPECT_EQ(own.mem, mem);
  EXPECT_EQ(own.size_bytes, 3 * kPage);
  hal_mem_info_t answer = {};
  answer.struct_size = sizeof(answer);
  ASSERT_EQ(hal_mem_lookup_host(device, static_cast<char *>(own.host_ptr) + 5000, &answer), HAL_OK);
  EXPECT_EQ(answer.mem, mem);
  EXPECT_EQ(answer.offset_bytes, 5000u);
  ASSERT_EQ(hal_mem_lookup_device(device, own.device_addr + 3 * kPage - 1, &answer), HAL_OK);
  EXPECT_EQ(answer.mem, mem);
  ASSERT_EQ(hal_mem_lookup_device(device, own.device_addr + 3 * kPage, &answer), HAL_OK);
  EXPECT_EQ(answer.kind, HAL_MEM_UNKNOWN);
  EXPECT_EQ(answer.mem, nullptr);
  EXPECT_EQ(answer.size_bytes, 0u);
  ASSERT_EQ(hal_mem_lookup_host(device, nullptr, &answer), HAL_OK);
  EXPECT_EQ(answer.kind, HAL_MEM_UNKNOWN);
  EXPECT_EQ(hal_mem_free(mem), HAL_OK);
}

TEST_F(Memory, AnOperationThatFailsWithoutAReportIsDescribedByLibhal) {
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 64);
  hal_mem_caps_t caps = {};
  caps.struct_size = sizeof(caps);
  control->fail_silently = HAL_ERR_INTERNAL;
  EXPECT_EQ(hal_mem_query(device, &desc, &caps), HAL_ERR_INTERNAL);
  EXPECT_EQ(last_message(), "mem_query of backend fake-sim failed with INTERNAL (-13)");
  EXPECT_STREQ(last_error().component, "fake-sim");
}

TEST_F(Memory, SuccessDoesNotClearTheLastFailure) {
  EXPECT_EQ(hal_mem_free(nullptr), HAL_ERR_INVALID_ARGUMENT);
  const std::string before = last_message();
  const hal_mem_desc_t desc = mem_desc(HAL_MEM_DEVICE, 0);
  EXPECT_EQ(verdict(desc), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_free(alloc()), HAL_OK);
  EXPECT_EQ(last_message(), before) << "a query's negative verdict is not an error";
}

TEST_F(Memory, SyncAcceptsOnlyMappedMemoryWithinItsBounds) {
  hal_mem_t mapped = alloc(HAL_MEM_HOST_MAPPED, kPage);
  hal_mem_t plain = alloc(HAL_MEM_DEVICE, kPage);
  EXPECT_EQ(hal_mem_sync(mapped, 0, kPage, HAL_SYNC_TO_DEVICE), HAL_OK);
  EXPECT_EQ(control->syncs, 1);
  EXPECT_EQ(hal_mem_sync(mapped, 1, kPage, HAL_SYNC_TO_DEVICE), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(hal_mem_sync(mapped, 0, 0, HAL_SYNC_TO_DEVICE), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_sync(mapped, 0, 1, 3), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(hal_mem_sync(plain, 0, 1, HAL_SYNC_FROM_DEVICE), HAL_ERR_UNSUPPORTED);
  EXPECT_EQ(hal_mem_free(mapped), HAL_OK);
  EXPECT_EQ(hal_mem_free(plain), HAL_OK);
}

}  // namespace
}  // namespace hal::test
