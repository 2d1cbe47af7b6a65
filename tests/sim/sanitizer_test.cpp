// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/sanitizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "fake_host.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kZone = Sanitizer::kZoneBytes;

class SanitizerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Guard> admit(std::uint64_t size_bytes) {
    const std::uint64_t room = (size_bytes + 63) / 64 * 64 + 2 * kZone;
    auto guard = std::make_unique<Guard>();
    guard->whole = {next_, room};
    guard->origin.start = next_ + kZone;
    guard->origin.size_bytes = size_bytes;
    next_ = (next_ + room) % (arena_.size() / 2);
    sanitizer_.admit(*guard);
    return guard;
  }

  std::vector<std::byte> arena_ = std::vector<std::byte>(64 << 20);
  std::uint64_t next_ = 0;
  std::vector<Block> released_;
  std::vector<Damage> reported_;
  Sanitizer sanitizer_{arena_.data(), [this](const Block &block) { released_.push_back(block); },
                       [this](const Damage &damage) { reported_.push_back(damage); }};
};

TEST_F(SanitizerTest, NewMemoryIsFilledOnlyAtItsEnds) {
  const auto small = admit(100);
  EXPECT_EQ(arena_[small->origin.start + 99], std::byte{0xcd});
  EXPECT_NE(arena_[small->origin.start + 100], std::byte{0}) << "bytes from rounding belong to the second red zone";
  EXPECT_EQ(arena_[small->origin.start + 101] & std::byte{0xfc}, std::byte{0x3c});
  const auto large = admit(1 << 20);
  EXPECT_EQ(arena_[large->origin.start + Sanitizer::kEndBytes - 1], std::byte{0xcd});
  EXPECT_EQ(arena_[large->origin.start + Sanitizer::kEndBytes], std::byte{0});
  EXPECT_EQ(arena_[large->origin.start + (1 << 20) - 1], std::byte{0xcd});
  sanitizer_.clear();
}

TEST_F(SanitizerTest, EachByteOfTheZonesIsWatchedAndRepaired) {
  auto guard = admit(100);
  const Block whole = guard->whole;
  const std::uint64_t start = guard->origin.start;
  for (std::uint64_t at = whole.offset; at < whole.offset + whole.size_bytes; ++at) {
    if (at >= start && at < start + 100) continue;
    arena_[at] ^= std::byte{0x80};
    const DamageReport found = sanitizer_.check();
    EXPECT_EQ(found.count, 1u) << at;
    if (found.count != 1) break;  // the guard must leave the list before it is destroyed
    EXPECT_EQ(found.listed[0].first, at);
    EXPECT_EQ(found.listed[0].bytes, 1u);
    EXPECT_EQ(sanitizer_.check().count, 0u);
  }
  EXPECT_FALSE(sanitizer_.retire(std::move(guard)));
}

TEST_F(SanitizerTest, ARowThatIsCopiedFromOneRedZoneToAnotherIsFound) {
  auto from = admit(4000);
  auto to = admit(4000);
  std::copy_n(&arena_[from->origin.start], 4012, &arena_[to->origin.start]);
  const DamageReport found = sanitizer_.check();
  ASSERT_EQ(found.count, 1u);
  EXPECT_EQ(found.listed[0].origin.start, to->origin.start);
  EXPECT_LT(found.listed[0].first, to->origin.start + 4004);
  EXPECT_FALSE(sanitizer_.retire(std::move(from)));
  EXPECT_FALSE(sanitizer_.retire(std::move(to)));
}

TEST_F(SanitizerTest, AFreedRowThatIsCopiedToAnotherFreedRowIsFound) {
  auto from = admit(4096);
  auto to = admit(4096);
  const std::uint64_t source = from->origin.start;
  const std::uint64_t target = to->origin.start;
  EXPECT_FALSE(sanitizer_.retire(std::move(from)));
  EXPECT_FALSE(sanitizer_.retire(std::move(to)));
  std::copy_n(&arena_[source + 64], 16, &arena_[target + 64]);
  ASSERT_EQ(sanitizer_.check().count, 1u);
}

TEST_F(SanitizerTest, AnAllocationCanKeepItsBytesAndSkipTheQuarantine) {
  auto guard = std::make_unique<Guard>();
  guard->whole = {0, 4096};
  guard->origin.size_bytes = 100;
  sanitizer_.admit(*guard, Sanitizer::Fresh::kKept);
  EXPECT_EQ(arena_[99], std::byte{0});
  arena_[4095] ^= std::byte{1};
  const std::optional<Damage> damage = sanitizer_.remove(std::move(guard));
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->first, 4095u);
  EXPECT_FALSE(sanitizer_.flush());
}

TEST_F(SanitizerTest, FreedMemoryStaysUntilTheQuarantineIsFull) {
  for (std::size_t i = 0; i < Sanitizer::kMaxQuarantineBlocks; ++i) EXPECT_FALSE(sanitizer_.retire(admit(64)));
  EXPECT_TRUE(released_.empty());
  EXPECT_FALSE(sanitizer_.retire(admit(64)));
  ASSERT_EQ(released_.size(), 1u);
  EXPECT_EQ(released_[0].offset, 0u) << "the oldest leaves first";
  EXPECT_TRUE(sanitizer_.flush());
  EXPECT_EQ(released_.size(), Sanitizer::kMaxQuarantineBlocks + 1);
  EXPECT_FALSE(sanitizer_.flush());
}

TEST_F(SanitizerTest, TheQuarantineHoldsNoMoreThanItsBytes) {
  constexpr std::uint64_t kSize = (1 << 20) - 2 * kZone;  // whole: 1 MiB
  for (int i = 0; i < 16; ++i) EXPECT_FALSE(sanitizer_.retire(admit(kSize)));
  EXPECT_TRUE(released_.empty());
  EXPECT_FALSE(sanitizer_.retire(admit(kSize)));
  EXPECT_EQ(released_.size(), 1u);
  EXPECT_FALSE(sanitizer_.retire(admit(1 << 20)));
  EXPECT_EQ(released_.size(), 2u) << "a large block is released at once";
}

TEST_F(SanitizerTest, AWriteAfterFreeIsReportedWhenTheBlockLeavesAndByTheNextCheck) {
  auto guard = admit(1000);
  const std::uint64_t start = guard->origin.start;
  EXPECT_FALSE(sanitizer_.retire(std::move(guard)));
  arena_[start + 5] = arena_[start + 7] = std::byte{0xff};
  EXPECT_TRUE(sanitizer_.flush());
  ASSERT_EQ(reported_.size(), 1u);
  EXPECT_EQ(reported_[0].first, start + 5);
  EXPECT_EQ(reported_[0].bytes, 2u);
  EXPECT_TRUE(reported_[0].origin.freed);
  EXPECT_EQ(sanitizer_.check().count, 1u);
  EXPECT_EQ(sanitizer_.check().count, 0u);
}

class SanitizedDevice : public test::SimTest {
 protected:
  void reopen(const char *sanitize) {
    close();
    host_.options["SANITIZE"] = sanitize;
    host_.options["MEMORY"] = "1048576";
    open();
  }
};

TEST_F(SanitizedDevice, HasTheSameCapacityAsOneWithoutChecks) {
  for (const char *sanitize : {"1", "0"}) {
    reopen(sanitize);
    const std::uint64_t total = property(HAL_PROPERTY_MEMORY_TOTAL_BYTES);
    EXPECT_EQ(total, 1048576u);
    for (int round = 0; round < 3; ++round) {  // the second round finds the first block in the quarantine
      EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), total);
      hal_pmem_info_v1_t info = {};
      const hal_pmem_t all = allocate(HAL_MEM_DEVICE, total - 64, info);
      EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), 0u);
      EXPECT_EQ(info.device_addr % 64, 0u);
      ASSERT_EQ(ops_->mem_free(device_, all), HAL_OK) << host_.message;
    }
  }
}

TEST_F(SanitizedDevice, LogsUncheckedDamageWhenItCloses) {
  hal_pmem_info_v1_t info = {};
  ASSERT_EQ(ops_->mem_free(device_, allocate(HAL_MEM_DEVICE, 64, info, "gone")), HAL_OK) << host_.message;
  ASSERT_EQ(wait(launch("write_address_in_block", 1, {info.device_addr, 0})), HAL_OK) << host_.message;
  close();
  ASSERT_EQ(host_.logs.size(), 1u);
  EXPECT_NE(host_.logs[0].find("DEVICE \"gone\" of 64 bytes"), std::string::npos) << host_.logs[0];
  EXPECT_NE(host_.logs[0].find("after it was freed, the first at offset 0"), std::string::npos) << host_.logs[0];
}

TEST_F(SanitizedDevice, WithoutChecksReportsUnsupported) {
  reopen("0");
  EXPECT_EQ(ops_->device_check(device_), HAL_ERR_UNSUPPORTED);
  EXPECT_NE(host_.message.find("HAL_SIM_SANITIZE"), std::string::npos) << host_.message;
}

}  // namespace
}  // namespace hal::sim
