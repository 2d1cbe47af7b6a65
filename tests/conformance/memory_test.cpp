// SPDX-License-Identifier: Apache-2.0
//
// Tests of memory: kinds, queries, addresses, lookups, contents.
#include <cstring>
#include <thread>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

constexpr hal_mem_kind_t kKinds[] = {HAL_MEM_DEVICE, HAL_MEM_HOST_PINNED, HAL_MEM_HOST_MAPPED, HAL_MEM_DEVICE_MAPPED};

constexpr hal_engine_mask_t kCores = HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU;

class MemoryOfAnyKind : public Conformance {};

TEST_F(MemoryOfAnyKind, IsGivenExactlyWhenTheQuerySaysSo) {
  const auto audit = Audit(device_);
  for (const hal_mem_kind_t kind : kKinds) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, kPage, std::uint64_t{1} << 63}) {
      for (const std::uint64_t alignment : {0, 3, 64, 4096}) {
        SCOPED_TRACE(std::to_string(kind) + ", " + std::to_string(size) + " bytes, aligned " +
                     std::to_string(alignment));
        auto desc = describe(kind, size);
        desc.alignment_bytes = alignment;
        auto caps = sized<hal_mem_caps_t>();
        ASSERT_TRUE(ok(hal_mem_query(device_, &desc, &caps)));
        hal_mem_t mem = nullptr;
        EXPECT_TRUE(is(caps.verdict, hal_mem_alloc(device_, &desc, &mem))) << "P6: query and alloc disagree";
        if (caps.verdict != HAL_OK) continue;
        const auto info = info_of(mem);
        EXPECT_EQ(info.can_reach, caps.can_reach);
        EXPECT_EQ(info.reach_unknown, caps.reach_unknown);
        EXPECT_EQ(info.flags, caps.flags);
        const std::uint64_t start =
            info.device_addr != 0 ? info.device_addr : reinterpret_cast<std::uint64_t>(info.host_ptr);
        if (alignment != 0) {
          EXPECT_EQ(start % alignment, 0U);
        }
        EXPECT_TRUE(ok(hal_mem_free(mem)));
      }
    }
  }
  EXPECT_TRUE(audit.unchanged());
}

TEST_F(MemoryOfAnyKind, HasTheAddressesThatItsKindSays) {
  for (const hal_mem_kind_t kind : kKinds) {
    if (!has(kind)) continue;
    SCOPED_TRACE(kind);
    const Memory memory = allocate(kind, 1000);
    const auto &info = memory.info();
    EXPECT_EQ(info.kind, kind);
    EXPECT_EQ(info.mem, hal_mem_t{memory});
    EXPECT_EQ(info.size_bytes, 1000U);
    EXPECT_EQ(info.offset_bytes, 0U);
    EXPECT_EQ(info.host_ptr == nullptr, kind == HAL_MEM_DEVICE);
    EXPECT_EQ(info.device_addr == 0, kind == HAL_MEM_HOST_PINNED);
    EXPECT_EQ((info.can_reach & HAL_ENGINE_HOST) != 0, kind != HAL_MEM_DEVICE);
    if (kind == HAL_MEM_HOST_PINNED) {
      EXPECT_EQ(info.can_reach & kCores, 0U) << "P7: can_reach names a core, but there is no device address";
    } else {
      EXPECT_NE((info.can_reach | info.reach_unknown) & kCores, 0U) << "no core can access its device address";
    }
    if (kind_ == "sim") {
      EXPECT_NE(info.device_addr, reinterpret_cast<std::uint64_t>(info.host_ptr)) << "P12";
    }
    if (info.host_ptr != nullptr) std::memset(info.host_ptr, 0x77, 1000);
  }
}

TEST_F(MemoryOfAnyKind, IsFoundByEveryAddressInsideItAndByNoneOutside) {
  for (const hal_mem_kind_t kind : kKinds) {
    if (!has(kind)) continue;
    SCOPED_TRACE(kind);
    const std::uint64_t size = 3 * kPage + 100;
    Memory memory = allocate(kind, size);
    const hal_mem_info_t whole = memory.info();
    auto info = sized<hal_mem_info_t>();
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, kPage, size - 1}) {
      if (whole.host_ptr != nullptr) {
        ASSERT_TRUE(ok(hal_mem_lookup_host(device_, static_cast<char *>(whole.host_ptr) + offset, &info)));
        EXPECT_EQ(info.mem, hal_mem_t{memory});
        EXPECT_EQ(info.offset_bytes, offset);
        EXPECT_EQ(info.host_ptr, whole.host_ptr);
      }
      if (whole.device_addr != 0) {
        ASSERT_TRUE(ok(hal_mem_lookup_device(device_, whole.device_addr + offset, &info)));
        EXPECT_EQ(info.mem, hal_mem_t{memory});
        EXPECT_EQ(info.offset_bytes, offset);
        EXPECT_EQ(info.device_addr, whole.device_addr);
      }
    }
    const auto outside = [&](std::uint64_t offset) {
      if (whole.host_ptr != nullptr) expect_unknown(static_cast<char *>(whole.host_ptr) + offset);
      if (whole.device_addr != 0) expect_unknown(whole.device_addr + offset);
    };
    outside(size);
    outside(std::uint64_t{0} - 1);
    ASSERT_TRUE(ok(memory.free()));
    outside(0);
    outside(size - 1);
  }
}

TEST_F(MemoryOfAnyKind, IsUnknownAtAnAddressThatNoAllocationHas) {
  int on_stack = 0;
  for (const void *address : {static_cast<const void *>(nullptr), static_cast<const void *>(&on_stack),
                              reinterpret_cast<const void *>(UINTPTR_MAX)}) {
    expect_unknown(address);
  }
  for (const hal_device_addr_t address :
       {hal_device_addr_t{0}, hal_device_addr_t{0x1000}, hal_device_addr_t{UINT64_MAX}}) {
    expect_unknown(address);
  }
  auto info = sized<hal_mem_info_t>();
  info.mem = reinterpret_cast<hal_mem_t>(5);
  info.size_bytes = 5;
  ASSERT_TRUE(ok(hal_mem_lookup_host(device_, &on_stack, &info)));
  EXPECT_EQ(info.mem, nullptr);
  EXPECT_EQ(info.size_bytes, 0U);
  EXPECT_EQ(info.device_addr, 0U);
  EXPECT_EQ(info.can_reach, 0U);
}

TEST_F(MemoryOfAnyKind, CountsAgainstTheFreeBytesAndComesBack) {
  if (!ours_alone() || !known(HAL_PROPERTY_MEMORY_FREE_BYTES) || !known(HAL_PROPERTY_MAPPED_FREE_BYTES))
    GTEST_SKIP() << "the free bytes are not known, or other processes may change them (--exclusive)";
  const std::uint64_t device_free = property(HAL_PROPERTY_MEMORY_FREE_BYTES);
  const std::uint64_t mapped_free = property(HAL_PROPERTY_MAPPED_FREE_BYTES);
  {
    const Memory device = allocate(HAL_MEM_DEVICE, 1 << 20);
    const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, 1 << 20);
    EXPECT_LE(property(HAL_PROPERTY_MEMORY_FREE_BYTES), device_free - (1 << 20));
    EXPECT_LE(property(HAL_PROPERTY_MAPPED_FREE_BYTES), mapped_free - (1 << 20));
  }
  EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), device_free);
  EXPECT_EQ(property(HAL_PROPERTY_MAPPED_FREE_BYTES), mapped_free);
}

class DeviceMemory : public Conformance {};

TEST_F(DeviceMemory, StartsOn64ByteBoundariesAndNeverOverlaps) {
  std::vector<Memory> all;
  for (std::uint64_t size = 1; size < 3000; size += 37) {
    all.push_back(allocate(HAL_MEM_DEVICE, size));
    EXPECT_EQ(all.back().address() % 64, 0U);
    EXPECT_EQ(all.back().address() % known(HAL_PROPERTY_MEMORY_ALIGNMENT_BYTES).value_or(64), 0U);
  }
  for (const Memory &one : all) {
    for (const Memory &other : all) {
      if (&one == &other) continue;
      EXPECT_TRUE(one.address() + one.info().size_bytes <= other.address() ||
                  other.address() + other.info().size_bytes <= one.address());
    }
  }
}

TEST_F(DeviceMemory, KeepsItsContentsBetweenLaunches) {
  const Executable executable(device_, object("basics"));
  const Memory kept = allocate(HAL_MEM_DEVICE, kPage);
  std::vector<std::uint8_t> bytes(kPage);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  write(kept, 0, bytes.data(), bytes.size());
  for (int round = 0; round < 20; ++round) {
    const Memory other = allocate(HAL_MEM_DEVICE, kPage);
    run(Launch(executable["bump"]).mem(other));
  }
  std::vector<std::uint8_t> back(kPage);
  read(back.data(), kept, 0, kPage);
  EXPECT_EQ(back, bytes);
}

TEST_F(DeviceMemory, CanBeAsLargeAsTheDeviceWithoutCostingTheHostThat) {
  if (!ours_alone() || !known(HAL_PROPERTY_MEMORY_TOTAL_BYTES))
    GTEST_SKIP() << "the memory size is not known, or other processes may use memory (--exclusive)";
  const std::uint64_t half = possible_part(property(HAL_PROPERTY_MEMORY_TOTAL_BYTES) / 2);
  const Memory large = allocate(HAL_MEM_DEVICE, half);
  const std::uint64_t first = 0x1122334455667788;
  const std::uint64_t last = 0x99aabbccddeeff00;
  write(large, 0, &first, 8);
  write(large, half - 8, &last, 8);
  EXPECT_EQ(read_word<std::uint64_t>(large), first);
  EXPECT_EQ(read_word<std::uint64_t>(large, half - 8), last);
}

TEST_F(DeviceMemory, IsAllocatedAndFreedFromSeveralThreads) {
  const auto free_before = known(HAL_PROPERTY_MEMORY_FREE_BYTES);
  std::vector<std::thread> threads;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    threads.emplace_back([&, number] {
      for (std::uint64_t round = 0; round < 100; ++round) {
        const Memory memory = allocate(round % 2 == 0 ? HAL_MEM_DEVICE : HAL_MEM_HOST_MAPPED, 100 * number + round);
        auto info = sized<hal_mem_info_t>();
        ASSERT_TRUE(ok(hal_mem_lookup_device(device_, memory.address() + 1, &info)));
        ASSERT_EQ(info.mem, hal_mem_t{memory});
      }
    });
  }
  for (auto &thread : threads) thread.join();
  if (ours_alone()) {
    EXPECT_EQ(known(HAL_PROPERTY_MEMORY_FREE_BYTES), free_before);
  }
}

class MappedMemory : public Conformance {};

TEST_F(MappedMemory, ReadsZeroWhenFreshAlsoOnTheDevice) {
  const Executable executable(device_, object("basics"));
  const Memory copy = allocate(HAL_MEM_DEVICE, 2 * kPage);
  for (int round = 0; round < 20; ++round) {
    const Memory fresh = allocate(HAL_MEM_HOST_MAPPED, 2 * kPage);
    run(Launch(executable["copy_words"]).mem(copy).mem(fresh).scalar(2 * kPage / 8));
    std::vector<std::uint8_t> seen(2 * kPage, 1);
    read(seen.data(), copy, 0, seen.size());
    for (std::uint64_t i = 0; i < 2 * kPage; ++i) {
      ASSERT_EQ(seen[i], 0) << "for the device, byte " << i << ", round " << round;
      ASSERT_EQ(fresh.host<std::uint8_t>()[i], 0) << "for the host, byte " << i << ", round " << round;
    }
    std::memset(fresh.host<void>(), 0xee, 2 * kPage);
  }
}

TEST_F(MappedMemory, IsOneMemoryForBothSides) {
  const Executable executable(device_, object("basics"));
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, 64 * sizeof(float));
  auto *x = mapped.host<float>();
  for (int i = 0; i < 64; ++i) x[i] = 0.5F * static_cast<float>(i);
  for (int round = 1; round <= 10; ++round) {
    run(Launch(executable["add_one"]).mem(mapped).scalar(std::uint32_t{64}).blocks(5));
    for (int i = 0; i < 64; ++i) ASSERT_EQ(x[i], 0.5F * static_cast<float>(i) + static_cast<float>(round));
    x[0] += 100.0F;  // the next round sees it without a call
    ASSERT_TRUE(ok(hal_mem_sync(mapped, 0, 4, HAL_SYNC_TO_DEVICE)));
    x[0] -= 100.0F;
  }
}

TEST_F(MappedMemory, OfTheDevicesOwnIsSeenByTheHost) {
  if (!has(HAL_MEM_DEVICE_MAPPED)) GTEST_SKIP() << "this backend has no DEVICE_MAPPED memory";
  const Executable executable(device_, object("basics"));
  const Memory mapped = allocate(HAL_MEM_DEVICE_MAPPED, kPage);
  *mapped.host<std::uint64_t>() = 41;
  run(Launch(executable["bump"]).mem(mapped));
  EXPECT_EQ(*mapped.host<std::uint64_t>(), 42U);
}

}  // namespace
}  // namespace hal::conformance
