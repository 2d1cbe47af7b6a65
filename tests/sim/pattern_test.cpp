// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/pattern.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace hal::sim {
namespace {

std::vector<std::byte> filled(std::uint64_t address, std::size_t size_bytes) {
  std::vector<std::byte> bytes(size_bytes);
  fill_pattern(bytes.data(), address, size_bytes);
  return bytes;
}

TEST(Pattern, OfAPartIsThatPartOfTheWhole) {
  const std::vector<std::byte> whole = filled(0, 2048);
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t start = random() % 1024;
    const std::uint64_t size = random() % 1024;
    ASSERT_TRUE(std::equal(whole.begin() + start, whole.begin() + start + size, filled(start, size).begin()))
        << start << " + " << size;
  }
}

TEST(Pattern, EachChangedByteIsCountedAndRepaired) {
  for (const std::uint64_t start : {0u, 3u, 250u}) {
    std::vector<std::byte> bytes = filled(start, 700);
    const std::vector<std::byte> before = bytes;
    EXPECT_EQ(repair_pattern(bytes.data(), start, bytes.size()).bytes, 0u);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (std::size_t i = at; i < bytes.size(); i += 300) bytes[i] ^= std::byte{1};
      const Changes changes = repair_pattern(bytes.data(), start, bytes.size());
      ASSERT_EQ(changes.first, at);
      ASSERT_EQ(changes.bytes, (bytes.size() - at + 299) / 300);
      ASSERT_EQ(bytes, before);
    }
  }
}

template <typename Float>
void expect_that_adding_one_changes(const std::vector<std::byte> &bytes) {
  for (std::size_t at = 0; at + sizeof(Float) <= bytes.size(); at += sizeof(Float)) {
    Float value;
    std::memcpy(&value, &bytes[at], sizeof value);
    ASSERT_GT(value, 0) << at;
    ASSERT_LT(value, 2) << at;
    ASSERT_NE(value + 1, value) << at;
  }
}

// Of 16 bits, half and bfloat16: a high byte from 0x3c to 0x3f is a number below 2 in both.
TEST(Pattern, NoFloatStaysTheSameWhenOneIsAdded) {
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{1} << 36, std::uint64_t{1} << 60}) {
    const std::vector<std::byte> bytes = filled(address, 1 << 20);
    expect_that_adding_one_changes<float>(bytes);
    expect_that_adding_one_changes<double>(bytes);
    for (std::size_t at = 1; at < bytes.size(); at += 2) ASSERT_EQ(bytes[at] & std::byte{0xfc}, std::byte{0x3c});
  }
}

// Three floats, as from a loop that runs three times too often.
TEST(Pattern, NoRowEqualsTheRowAtAUsualDistance) {
  constexpr std::size_t kRow = 12;
  constexpr std::size_t kBytes = 64 << 10;
  std::vector<std::uint64_t> distances;
  for (std::uint64_t step = 64; step <= std::uint64_t{1} << 36; step *= 2)
    for (const std::uint64_t times : {1, 3, 5, 63, 65}) distances.push_back(times * step);
  for (const std::uint64_t step : {4, 8, 16, 32, 4000, 12288}) distances.push_back(step);
  const std::vector<std::byte> from = filled(0, kBytes);
  for (const std::uint64_t distance : distances) {
    const std::vector<std::byte> to = filled(distance, kBytes);
    for (std::size_t at = 0; at + kRow <= kBytes; at += 4)
      ASSERT_NE(std::memcmp(&from[at], &to[at], kRow), 0) << distance << " from " << at;
  }
}

}  // namespace
}  // namespace hal::sim
