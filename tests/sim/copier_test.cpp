// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/copier.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <thread>
#include <vector>

namespace hal::sim {
namespace {

std::vector<std::uint8_t> pattern(std::size_t size, std::uint32_t seed) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t &byte : bytes) byte = static_cast<std::uint8_t>((seed = seed * 1664525u + 1013904223u) >> 24);
  return bytes;
}

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

TEST(CopierTest, CopiesOfAnySizeChangeExactlyTheirBytes) {
  Copier copier;
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, Copier::kWorthSharingBytes - 1, Copier::kWorthSharingBytes,
        Copier::kWorthSharingBytes + 1, 2 * Copier::kWorthSharingBytes + 4097, 3 * Copier::kWorthSharingBytes - 63}) {
    const std::vector<std::uint8_t> src = pattern(size + 3, static_cast<std::uint32_t>(size) + 1);
    std::vector<std::uint8_t> dst(size + 128, 0xee);
    copier.copy(dst.data() + 61, src.data() + 3, size);
    EXPECT_TRUE(std::equal(src.begin() + 3, src.end(), dst.begin() + 61)) << size;
    EXPECT_TRUE(std::all_of(dst.begin(), dst.begin() + 61, [](std::uint8_t byte) { return byte == 0xee; })) << size;
    EXPECT_TRUE(std::all_of(dst.end() - 67, dst.end(), [](std::uint8_t byte) { return byte == 0xee; })) << size;
  }
}

TEST(CopierTest, CopiesInARowSeeTheirOwnBytes) {
  Copier copier;
  std::vector<std::uint8_t> src(Copier::kWorthSharingBytes), dst(src.size());
  for (int i = 0; i < 200; ++i) {
    std::memset(src.data(), i, src.size());
    copier.copy(dst.data(), src.data(), src.size());
    ASSERT_EQ(std::memcmp(dst.data(), src.data(), src.size()), 0) << i;
  }
}

TEST(CopierTest, CopiesOfSeveralThreadsDoNotDisturbOneAnother) {
  Copier copier;
  std::vector<std::thread> callers;
  for (std::uint32_t caller = 0; caller < 3; ++caller)
    callers.emplace_back([&copier, caller] {
      const std::vector<std::uint8_t> src = pattern(Copier::kWorthSharingBytes + 4096, caller);
      for (int i = 0; i < 10; ++i) {
        std::vector<std::uint8_t> dst(src.size());
        copier.copy(dst.data(), src.data(), src.size());
        EXPECT_TRUE(dst == src);
      }
    });
  for (std::thread &caller : callers) caller.join();
}

TEST(CopierTest, ItsThreadExistsOnlyFromTheFirstLargeCopyToTheEnd) {
  std::thread([] {}).join();  // a sanitizer starts another thread together with the first one
  const std::ptrdiff_t before = threads();
  {
    Copier copier;
    std::vector<std::uint8_t> src(Copier::kWorthSharingBytes), dst(src.size());
    copier.copy(dst.data(), src.data(), 4096);
    EXPECT_EQ(threads(), before);
    copier.copy(dst.data(), src.data(), src.size());
    EXPECT_LE(threads(), before + 1);
  }
  EXPECT_EQ(threads(), before);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these need address space
bool threads_can_start() {
  try {
    std::thread([] {}).join();
    return true;
  } catch (const std::system_error &) {
    return false;
  }
}

TEST(CopierTest, WithoutAThreadItCopiesAlone) {
  const auto copy_alone = [] {
    const std::vector<std::uint8_t> src = pattern(Copier::kWorthSharingBytes, 7);
    std::vector<std::uint8_t> dst(src.size());
    const rlimit none = {1, 1};  // no memory for the stack of another thread
    if (setrlimit(RLIMIT_AS, &none) != 0 || threads_can_start()) std::_Exit(2);
    Copier copier;
    for (int i = 0; i < 2; ++i) copier.copy(dst.data(), src.data(), src.size());
    std::_Exit(dst == src ? 0 : 1);
  };
  EXPECT_EXIT(copy_alone(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace hal::sim
