// SPDX-License-Identifier: Apache-2.0
//
// The statuses of memory calls. Each failure has its exact status, shows the value, and leaves nothing behind.
#include <sys/mman.h>

#include <array>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 63;
constexpr std::array kAllocatable = {HAL_MEM_DEVICE, HAL_MEM_HOST_PINNED, HAL_MEM_HOST_MAPPED};

Value engine_value(hal_engine_mask_t engine) {
  if (engine == HAL_ENGINE_HOST) return {"HOST", "1", "0x1"};
  if (engine == HAL_ENGINE_AIC) return {"AIC", "2", "0x2"};
  if (engine == HAL_ENGINE_AIV) return {"AIV", "4", "0x4"};
  if (engine == HAL_ENGINE_AICPU) return {"AICPU", "8", "0x8"};
  return {"SDMA", "16", "0x10"};
}

// A message about memory must identify it, by handle or by address.
Value memory_value(hal_mem_t mem) {
  const auto info = info_of(mem);
  return Value::any_of(
      {reinterpret_cast<std::uintptr_t>(mem), info.device_addr, reinterpret_cast<std::uintptr_t>(info.host_ptr)});
}

class RefusedAllocation : public Conformance {
 protected:
  void refuse(hal_status_t want, const hal_mem_desc_t &desc, std::initializer_list<Value> shown,
              int line = __builtin_LINE()) {
    hal_mem_t mem = nullptr;
    refuses(
        want, "hal_mem_alloc", shown, [&] { return hal_mem_alloc(device_, &desc, &mem); }, __FILE__, line);
    EXPECT_EQ(mem, nullptr);
  }
};

TEST_F(RefusedAllocation, OfNothing) {
  for (const auto kind : kAllocatable) refuse(HAL_ERR_INVALID_ARGUMENT, describe(kind, 0), {0});
}

TEST_F(RefusedAllocation, WithoutDescriptorOrOutput) {
  const auto desc = describe(HAL_MEM_DEVICE, kPage);
  hal_mem_t mem = nullptr;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_alloc", {kNull}, [&] { return hal_mem_alloc(device_, nullptr, &mem); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_alloc", {kNull}, [&] { return hal_mem_alloc(device_, &desc, nullptr); });
}

TEST_F(RefusedAllocation, BeyondTheCapacity) {
  for (const auto kind : kAllocatable) {
    if (!has(kind)) continue;
    SCOPED_TRACE(kind);
    for (const std::uint64_t size : {kHuge, kHuge - 1, UINT64_MAX, UINT64_MAX - 4095, UINT64_MAX - 62}) {
      refuse(HAL_ERR_OUT_OF_MEMORY, describe(kind, size), {size});
    }
  }
  for (const auto &[kind, total] : {std::pair{HAL_MEM_DEVICE, known(HAL_PROPERTY_MEMORY_TOTAL_BYTES)},
                                    {HAL_MEM_HOST_MAPPED, known(HAL_PROPERTY_MAPPED_TOTAL_BYTES)}}) {
    if (!has(kind) || !total) continue;
    refuse(HAL_ERR_OUT_OF_MEMORY, describe(kind, *total + 1), {*total + 1});
  }
}

TEST_F(RefusedAllocation, BeyondWhatIsLeft) {
  if (!ours_alone() || !known(HAL_PROPERTY_MEMORY_TOTAL_BYTES) || !known(HAL_PROPERTY_MEMORY_FREE_BYTES))
    GTEST_SKIP() << "the free bytes are not known, or other processes may change them (--exclusive)";
  const Memory half = allocate(HAL_MEM_DEVICE, possible_part(property(HAL_PROPERTY_MEMORY_TOTAL_BYTES) / 2));
  const std::uint64_t too_much = property(HAL_PROPERTY_MEMORY_FREE_BYTES) + 1;
  refuse(HAL_ERR_OUT_OF_MEMORY, describe(HAL_MEM_DEVICE, too_much), {too_much});
}

TEST_F(RefusedAllocation, WithAnAlignmentThatIsNotAPowerOfTwo) {
  for (const std::uint64_t alignment : {3, 63, 65, 4095, 6144}) {
    auto desc = describe(HAL_MEM_DEVICE, kPage);
    desc.alignment_bytes = alignment;
    refuse(HAL_ERR_INVALID_ARGUMENT, desc, {alignment});
  }
}

TEST_F(RefusedAllocation, OfAnUnknownKind) {
  for (const hal_mem_kind_t kind : {HAL_MEM_UNKNOWN, 6U, 99U})
    refuse(HAL_ERR_INVALID_ARGUMENT, describe(kind, kPage), {kind});
  refuse(HAL_ERR_INVALID_ARGUMENT, describe(HAL_MEM_HOST_IMPORTED, kPage), {"HOST_IMPORTED"});
}

TEST_F(RefusedAllocation, OfAKindThatTheBackendNeverHas) {
  if (has(HAL_MEM_DEVICE_MAPPED)) GTEST_SKIP() << "this backend has DEVICE_MAPPED memory";
  refuse(HAL_ERR_UNSUPPORTED, describe(HAL_MEM_DEVICE_MAPPED, kPage), {"DEVICE_MAPPED"});
}

TEST_F(RefusedAllocation, ThatCannotReachWhatItMust) {
  for (const auto kind : kAllocatable) {
    const auto plain = describe(kind, kPage);
    auto caps = sized<hal_mem_caps_t>();
    ASSERT_TRUE(ok(hal_mem_query(device_, &plain, &caps)));
    if (caps.verdict == HAL_ERR_UNSUPPORTED) continue;
    const hal_engine_mask_t possible = caps.can_reach | caps.reach_unknown;
    for (const hal_engine_mask_t engine :
         {HAL_ENGINE_HOST, HAL_ENGINE_AIC, HAL_ENGINE_AIV, HAL_ENGINE_AICPU, HAL_ENGINE_SDMA}) {
      SCOPED_TRACE(std::to_string(kind) + " by " + std::to_string(engine));
      const auto demanding = describe(kind, kPage, engine);
      ASSERT_TRUE(ok(hal_mem_query(device_, &demanding, &caps)));
      if ((possible & engine) != 0) {
        EXPECT_EQ(caps.verdict, HAL_OK);
        const Memory memory(device_, demanding);
      } else {
        EXPECT_EQ(caps.verdict, HAL_ERR_UNSUPPORTED);
        refuse(HAL_ERR_UNSUPPORTED, demanding, {engine_value(engine)});
      }
    }
  }
}

TEST_F(RefusedAllocation, WithSomethingInAReservedWord) {
  auto desc = describe(HAL_MEM_DEVICE, kPage);
  desc.reserved0 = 7;
  refuse(HAL_ERR_INVALID_ARGUMENT, desc, {7});
  desc = describe(HAL_MEM_DEVICE, kPage);
  desc.flags = 6;
  refuse(HAL_ERR_INVALID_ARGUMENT, desc, {6});
}

class RefusedRegistration : public Conformance {
 protected:
  void refuse(hal_status_t want, void *start, std::uint64_t size, std::initializer_list<Value> shown,
              int line = __builtin_LINE()) {
    const auto desc = describe_range(start, size);
    hal_mem_t mem = nullptr;
    refuses(
        want, "hal_mem_register", shown, [&] { return hal_mem_register(device_, &desc, &mem); }, __FILE__, line);
    EXPECT_EQ(mem, nullptr);
  }
  // Memory of another sort. It must be unchanged and unknown afterwards.
  void refuse_sort(void *start, std::uint64_t size, int line = __builtin_LINE()) {
    refuse(HAL_ERR_INVALID_ARGUMENT, start, size, {start}, line);
    expect_unknown(start);
  }
};

TEST_F(RefusedRegistration, OfNothing) {
  const Pages pages(1);
  hal_mem_t mem = nullptr;
  const auto desc = describe_range(pages.data(), kPage);
  refuse(HAL_ERR_INVALID_ARGUMENT, pages.data(), 0, {0});
  refuse(HAL_ERR_INVALID_ARGUMENT, nullptr, kPage, {kNull});
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_register", {kNull},
          [&] { return hal_mem_register(device_, nullptr, &mem); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_register", {kNull},
          [&] { return hal_mem_register(device_, &desc, nullptr); });
}

TEST_F(RefusedRegistration, OfPartsOfPages) {
  const Pages pages(4);
  for (const std::uint64_t off : {1, 64, 2048}) {
    refuse(HAL_ERR_INVALID_ARGUMENT, pages.data() + off, kPage, {pages.data() + off});
    refuse(HAL_ERR_INVALID_ARGUMENT, pages.data(), kPage + off, {kPage + off});
  }
  expect_unknown(pages.data());
}

TEST_F(RefusedRegistration, OfARangeThatWrapsAround) {
  auto *start = reinterpret_cast<void *>(UINTPTR_MAX - kPage + 1);
  refuse(HAL_ERR_INVALID_ARGUMENT, start, 2 * kPage, {start});
  const Pages pages(1);
  refuse(HAL_ERR_INVALID_ARGUMENT, pages.data(), UINT64_MAX - kPage + 1, {UINT64_MAX - kPage + 1});
}

TEST_F(RefusedRegistration, OfWhatOverlaps) {
  const Pages pages(8);
  std::uint8_t *at = pages.data();
  const Memory middle(device_, describe_range(at + 2 * kPage, 4 * kPage));
  refuse(HAL_ERR_ALREADY_EXISTS, at + 2 * kPage, 4 * kPage, {at + 2 * kPage});
  refuse(HAL_ERR_ALREADY_EXISTS, at, 3 * kPage, {at});
  refuse(HAL_ERR_ALREADY_EXISTS, at + 5 * kPage, 2 * kPage, {at + 5 * kPage});
  refuse(HAL_ERR_ALREADY_EXISTS, at + 3 * kPage, kPage, {at + 3 * kPage});
  refuse(HAL_ERR_ALREADY_EXISTS, at, 8 * kPage, {at});
  const Memory left(device_, describe_range(at, 2 * kPage));
  const Memory right(device_, describe_range(at + 6 * kPage, 2 * kPage));
}

TEST_F(RefusedRegistration, OfMemoryThatTheLibraryAllocated) {
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, 2 * kPage);
  const auto start = mapped.host<void>();
  refuse(HAL_ERR_ALREADY_EXISTS, start, kPage, {start});
}

TEST_F(RefusedRegistration, OfAFileMapping) {
  std::vector<std::uint8_t> bytes(kPage, 0x5a);
  const TempFile file(bytes);
  FILE *stream = fopen(file.path().c_str(), "r+");
  ASSERT_NE(stream, nullptr);
  for (const int sharing : {MAP_PRIVATE, MAP_SHARED}) {
    void *start = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, sharing, fileno(stream), 0);
    ASSERT_NE(start, MAP_FAILED);
    refuse_sort(start, kPage);
    EXPECT_NE(last_failure().find(file.path()), std::string::npos)
        << "the message must name the mapping: " << last_failure();
    EXPECT_EQ(*static_cast<std::uint8_t *>(start), 0x5a);
    munmap(start, kPage);
  }
  fclose(stream);
}

TEST_F(RefusedRegistration, OfReadOnlyOrInaccessiblePages) {
  const Pages pages(3);
  for (const int protection : {PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC}) {
    ASSERT_EQ(mprotect(pages.data() + kPage, kPage, protection), 0);
    refuse_sort(pages.data() + kPage, kPage);
    refuse_sort(pages.data(), pages.size());
  }
}

TEST_F(RefusedRegistration, OfASharedMapping) {
  void *start = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(start, MAP_FAILED);
  refuse_sort(start, kPage);
  munmap(start, kPage);
}

TEST_F(RefusedRegistration, OfTheStack) {
  alignas(65'536) volatile std::uint8_t on_stack[65'536] = {1};  // a page of any size
  refuse_sort(const_cast<std::uint8_t *>(on_stack), kPage);
  EXPECT_EQ(on_stack[0], 1);
}

TEST_F(RefusedRegistration, OfAHole) {
  const Pages pages(3);
  ASSERT_EQ(munmap(pages.data() + kPage, kPage), 0);
  refuse_sort(pages.data() + kPage, kPage);
  refuse_sort(pages.data(), pages.size());
}

TEST_F(RefusedRegistration, ThatCannotReachWhatItMust) {
  const Pages pages(1);
  auto desc = describe_range(pages.data(), kPage);
  auto caps = sized<hal_mem_caps_t>();
  ASSERT_TRUE(ok(hal_mem_query(device_, &desc, &caps)));
  for (const hal_engine_mask_t engine : {HAL_ENGINE_AIC, HAL_ENGINE_AIV, HAL_ENGINE_AICPU}) {
    if (((caps.can_reach | caps.reach_unknown) & engine) != 0) continue;
    desc.must_reach = engine;
    hal_mem_t mem = nullptr;
    refuses(HAL_ERR_UNSUPPORTED, "hal_mem_register", {engine_value(engine)},
            [&] { return hal_mem_register(device_, &desc, &mem); });
    expect_unknown(pages.data());
  }
}

TEST_F(RefusedRegistration, OfAnotherKind) {
  const Pages pages(1);
  auto desc = describe_range(pages.data(), kPage);
  desc.kind = HAL_MEM_HOST_MAPPED;
  hal_mem_t mem = nullptr;
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_register", {"HOST_MAPPED"},
          [&] { return hal_mem_register(device_, &desc, &mem); });
}

class RefusedFree : public Conformance {};

TEST_F(RefusedFree, OfWhatIsFreedAlready) {
  for (const auto kind : kAllocatable) {
    if (!has(kind)) continue;
    const hal_mem_t mem = Memory(allocate(kind, kPage)).release();
    ASSERT_TRUE(ok(hal_mem_free(mem)));
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_free", {mem}, [&] { return hal_mem_free(mem); });
    const Memory next = allocate(kind, kPage);
    EXPECT_NE(static_cast<hal_mem_t>(next), mem);
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_free", {mem}, [&] { return hal_mem_free(mem); });
    EXPECT_EQ(info_of(next).kind, kind) << "the new owner of the slot is unchanged";
  }
}

TEST_F(RefusedFree, OfAnAddressForAHandle) {
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const auto handle = reinterpret_cast<std::uintptr_t>(static_cast<hal_mem_t>(mapped));
  for (const std::uintptr_t value :
       {reinterpret_cast<std::uintptr_t>(mapped.host<void>()), static_cast<std::uintptr_t>(mapped.address()),
        handle + 1, handle + 64, handle ^ (std::uintptr_t{1} << 40)}) {
    const auto wrong = reinterpret_cast<hal_mem_t>(value);
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_free", {wrong}, [&] { return hal_mem_free(wrong); });
  }
  EXPECT_EQ(info_of(mapped).kind, HAL_MEM_HOST_MAPPED);
}

TEST_F(RefusedFree, WhereUnregisterWasDueAndTheReverse) {
  const Pages pages(1);
  const Memory imported = import(pages);
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_free", {memory_value(imported)}, [&] { return hal_mem_free(imported); });
  EXPECT_NE(last_failure().find("hal_mem_unregister"), std::string::npos) << last_failure();
  for (const auto kind : kAllocatable) {
    if (!has(kind)) continue;
    const Memory memory = allocate(kind, kPage);
    refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_unregister", {memory_value(memory)},
            [&] { return hal_mem_unregister(memory); });
    EXPECT_NE(last_failure().find("hal_mem_free"), std::string::npos) << last_failure();
    EXPECT_EQ(info_of(memory).kind, kind);
  }
}

TEST_F(RefusedFree, WhileASubmittedLaunchHoldsIt) {
  Memory device = allocate(HAL_MEM_DEVICE, kPage);
  Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Pages pages(1);
  Memory imported = import(pages);
  Held held(device_, object("basics"), nullptr, {device, mapped, imported});
  for (const hal_mem_t mem : {hal_mem_t{device}, hal_mem_t{mapped}, held.box()}) {
    refuses(HAL_ERR_BUSY, "hal_mem_free", {memory_value(mem)}, [&] { return hal_mem_free(mem); });
  }
  refuses(HAL_ERR_BUSY, "hal_mem_unregister", {memory_value(imported)}, [&] { return hal_mem_unregister(imported); });
  held.let_go();
  EXPECT_TRUE(ok(device.free()));
  EXPECT_TRUE(ok(mapped.free()));
  EXPECT_TRUE(ok(imported.free()));
}

TEST_F(RefusedFree, WhileASubmittedCopyHoldsIt) {
  Memory source = allocate(HAL_MEM_DEVICE, kPage);
  Memory target = allocate(HAL_MEM_DEVICE, kPage);
  Memory filled = allocate(HAL_MEM_DEVICE, kPage);
  Held held(device_, object("basics"));
  std::uint64_t ticket = 0;
  ASSERT_TRUE(ok(hal_copy_on_device(own_, target, 0, source, 0, kPage, &ticket)));
  ASSERT_TRUE(ok(hal_fill(own_, filled, 0, kPage, 1, &ticket)));
  for (const hal_mem_t mem : {hal_mem_t{source}, hal_mem_t{target}, hal_mem_t{filled}}) {
    refuses(HAL_ERR_BUSY, "hal_mem_free", {memory_value(mem)}, [&] { return hal_mem_free(mem); });
  }
  held.let_go();
  wait(ticket);
}

class RefusedSync : public Conformance {};

TEST_F(RefusedSync, OfWhatIsNotMappedOrNotThere) {
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  refuses(HAL_ERR_UNSUPPORTED, "hal_mem_sync", {"DEVICE"},
          [&] { return hal_mem_sync(device, 0, 64, HAL_SYNC_TO_DEVICE); });
  refuses(HAL_ERR_OUT_OF_RANGE, "hal_mem_sync", {kPage + 1},
          [&] { return hal_mem_sync(mapped, 0, kPage + 1, HAL_SYNC_TO_DEVICE); });
  refuses(HAL_ERR_OUT_OF_RANGE, "hal_mem_sync", {UINT64_MAX},
          [&] { return hal_mem_sync(mapped, UINT64_MAX, 64, HAL_SYNC_TO_DEVICE); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_mem_sync", {9}, [&] { return hal_mem_sync(mapped, 0, 64, 9); });
  for (const hal_sync_t direction : {HAL_SYNC_TO_DEVICE, HAL_SYNC_FROM_DEVICE}) {
    EXPECT_TRUE(ok(hal_mem_sync(mapped, 64, 128, direction)));
  }
}

class RefusedProperty : public Conformance {};

TEST_F(RefusedProperty, OfAnUnknownKeyOrWithoutAnOutput) {
  std::uint64_t value = 0;
  refuses(HAL_ERR_UNSUPPORTED, "hal_device_query", {987'654},
          [&] { return hal_device_query(device_, 987'654, &value); });
  refuses(HAL_ERR_INVALID_ARGUMENT, "hal_device_query", {kNull},
          [&] { return hal_device_query(device_, HAL_PROPERTY_MAX_BLOCKS, nullptr); });
}

}  // namespace
}  // namespace hal::conformance
