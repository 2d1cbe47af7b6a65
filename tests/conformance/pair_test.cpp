// SPDX-License-Identifier: Apache-2.0
//
// Tests of mallocHostDeviceShareMem and freeHostDeviceShareMem: results and statuses.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "fixture.hpp"
#include "requirements.hpp"

namespace hal::conformance {
namespace {

constexpr const char *kMalloc = "mallocHostDeviceShareMem";
constexpr const char *kFree = "freeHostDeviceShareMem";
constexpr std::uint64_t kHuge = std::uint64_t{1} << 63;

class Pair : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto info = sized<hal_device_info_t>();
    ASSERT_TRUE(ok(hal_device_info(device_, &info)));
    ordinal_ = info.ordinal;
  }
  struct Shared {
    std::uint8_t *host = nullptr;
    std::uint64_t device = 0;
  };
  Shared share(std::uint64_t size) {
    void *host = nullptr;
    void *device = nullptr;
    EXPECT_TRUE(ok(mallocHostDeviceShareMem(ordinal_, size, &host, &device)));
    return {static_cast<std::uint8_t *>(host), reinterpret_cast<std::uint64_t>(device)};
  }
  void unshare(const Shared &shared) { EXPECT_TRUE(ok(freeHostDeviceShareMem(ordinal_, shared.host))); }
  void refuse_malloc(hal_status_t want, std::uint32_t ordinal, std::uint64_t size, std::initializer_list<Value> shown,
                     int line = __builtin_LINE()) {
    void *host = this;
    void *device = this;
    refuses(
        want, kMalloc, shown, [&] { return mallocHostDeviceShareMem(ordinal, size, &host, &device); }, __FILE__, line);
    EXPECT_EQ(host, nullptr) << "both outputs are null after a failure";
    EXPECT_EQ(device, nullptr) << "both outputs are null after a failure";
  }
  void refuse_free(hal_status_t want, std::uint32_t ordinal, void *host, std::initializer_list<Value> shown,
                   int line = __builtin_LINE()) {
    refuses(
        want, kFree, shown, [&] { return freeHostDeviceShareMem(ordinal, host); }, __FILE__, line);
  }

  std::uint32_t ordinal_ = 0;
};

TEST_F(Pair, GivesZeroedAlignedMemoryThatBothSidesUse) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, std::uint64_t{100}, kPage, std::uint64_t{65'536}, std::uint64_t{1'000'001}}) {
    const Shared shared = share(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(shared.host) % kPage, 0U);
    EXPECT_NE(shared.device, 0U);
    if (kind_ == "sim") {
      EXPECT_NE(shared.device, reinterpret_cast<std::uint64_t>(shared.host)) << "P12";
    }
    for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(shared.host[i], 0) << "byte " << i << " of " << size;
    auto info = sized<hal_mem_info_t>();
    ASSERT_TRUE(ok(hal_mem_lookup_host(device_, shared.host + size - 1, &info)));
    EXPECT_EQ(info.kind, HAL_MEM_HOST_MAPPED);
    EXPECT_EQ(info.size_bytes, size);
    EXPECT_EQ(info.device_addr, shared.device);
    EXPECT_EQ(info.offset_bytes, size - 1);
    std::memset(shared.host, 0xcc, size);
    unshare(shared);
    expect_unknown(shared.host);
    expect_unknown(shared.device);
  }
}

TEST_F(Pair, IsOnTheDeviceThatOtherUsersInThisProcessOpen) {
  const Shared shared = share(64 * sizeof(float));
  auto *x = reinterpret_cast<float *>(shared.host);
  for (int i = 0; i < 64; ++i) x[i] = static_cast<float>(i);
  const Executable executable(device_, object("basics"));
  run(Launch(executable["add_one"]).addr(shared.device).scalar(std::uint32_t{64}).blocks(3));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(x[i], static_cast<float>(i + 1));
  auto info = sized<hal_mem_info_t>();
  ASSERT_TRUE(ok(hal_mem_lookup_device(device_, shared.device, &info)));
  run(Launch(executable["add_one"]).mem(info.mem).scalar(std::uint32_t{64}));
  for (int i = 0; i < 64; ++i) EXPECT_EQ(x[i], static_cast<float>(i + 2));
  unshare(shared);
}

TEST_F(Pair, LetsTheHostWriteAfterSubmitAndReadBeforeTheEnd) {
  const Shared shared = share(kPage);
  auto info = sized<hal_mem_info_t>();
  ASSERT_TRUE(ok(hal_mem_lookup_host(device_, shared.host, &info)));
  const Executable executable(device_, object("basics"));
  converse(info.mem, Launch(executable["talk"]).addr(shared.device));
  unshare(shared);
}

TEST_F(Pair, ReadsAsZeroAgainWhenMemoryIsUsedAgain) {
  for (int round = 0; round < 50; ++round) {
    const Shared shared = share(3 * kPage);
    for (std::uint64_t i = 0; i < 3 * kPage; ++i) ASSERT_EQ(shared.host[i], 0) << "round " << round;
    std::memset(shared.host, 0xff, 3 * kPage);
    unshare(shared);
  }
}

TEST_F(Pair, MayBeCalledFromSeveralThreads) {
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int round = 0; round < 50; ++round) {
        const Shared shared = share(kPage + static_cast<std::uint64_t>(number));
        std::memset(shared.host, number, kPage);
        for (std::uint64_t i = 0; i < kPage; ++i) ASSERT_EQ(shared.host[i], number);
        unshare(shared);
      }
    });
  }
  for (auto &thread : threads) thread.join();
}

TEST_F(Pair, RefusesNothingAndNowhere) {
  refuse_malloc(HAL_ERR_INVALID_ARGUMENT, ordinal_, 0, {0});
  void *out = this;
  refuses(HAL_ERR_INVALID_ARGUMENT, kMalloc, {kNull},
          [&] { return mallocHostDeviceShareMem(ordinal_, kPage, nullptr, &out); });
  EXPECT_EQ(out, nullptr);
  out = this;
  refuses(HAL_ERR_INVALID_ARGUMENT, kMalloc, {kNull},
          [&] { return mallocHostDeviceShareMem(ordinal_, kPage, &out, nullptr); });
  EXPECT_EQ(out, nullptr);
}

TEST_F(Pair, RefusesSizesBeyondTheCapacity) {
  for (const std::uint64_t size :
       {kHuge, UINT64_MAX, UINT64_MAX - 4094, known(HAL_PROPERTY_MAPPED_TOTAL_BYTES).value_or(kHuge) + 1}) {
    refuse_malloc(HAL_ERR_OUT_OF_MEMORY, ordinal_, size, {size});
  }
}

TEST_F(Pair, RefusesAnUnknownDevice) {
  refuse_malloc(HAL_ERR_NOT_FOUND, 99'999, kPage, {99'999});
  refuse_free(HAL_ERR_INVALID_ARGUMENT, 99'999, &ordinal_, {99'999});
}

TEST_F(Pair, RefusesToFreeAnyOtherPointer) {
  const Shared shared = share(2 * kPage);
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Pages pages(1);
  std::optional<Memory> imported;
  if (has(HAL_MEM_HOST_IMPORTED)) imported.emplace(import(pages));
  const std::vector<char> heap(100);
  int on_stack = 0;
  for (void *wrong : {static_cast<void *>(shared.host + 1), static_cast<void *>(shared.host + kPage),
                      static_cast<void *>(shared.host + 2 * kPage), reinterpret_cast<void *>(shared.device),
                      mapped.host<void>(), static_cast<void *>(pages.data()),
                      const_cast<void *>(static_cast<const void *>(heap.data())), static_cast<void *>(&on_stack)}) {
    refuse_free(HAL_ERR_INVALID_ARGUMENT, ordinal_, wrong, {wrong});
  }
  refuse_free(HAL_ERR_INVALID_ARGUMENT, ordinal_, nullptr, {kNull});
  shared.host[0] = 1;
  unshare(shared);
  refuse_free(HAL_ERR_INVALID_ARGUMENT, ordinal_, shared.host, {shared.host});
}

TEST_F(Pair, RefusesToFreeThroughAnotherDevice) {
  std::uint32_t count = 0;
  ASSERT_TRUE(ok(hal_device_count(backend_, &count)));
  if (count < 2) GTEST_SKIP() << "one device only";
  const Shared shared = share(kPage);
  EXPECT_TRUE(is(HAL_ERR_INVALID_ARGUMENT, freeHostDeviceShareMem(ordinal_ == 0 ? 1 : 0, shared.host)));
  shared.host[0] = 1;
  unshare(shared);
}

TEST_F(Pair, IsBusyToFreeWhileASubmittedLaunchHoldsIt) {
  const Shared shared = share(kPage);
  auto info = sized<hal_mem_info_t>();
  ASSERT_TRUE(ok(hal_mem_lookup_host(device_, shared.host, &info)));
  Held held(device_, object("basics"), nullptr, {info.mem});
  refuse_free(HAL_ERR_BUSY, ordinal_, shared.host, {shared.host});
  held.let_go();
  unshare(shared);
}

// The pair makes the first calls of a process: it starts libhal and opens the device.
TEST(PairAlone, NeedsNoOtherCall) {
  const auto alone = [] {
    void *host = nullptr;
    void *device = nullptr;
    const int status = mallocHostDeviceShareMem(0, 65'536, &host, &device);
    if (never_has(status)) {  // the backend has no shared memory, which is a valid outcome
      EXPECT_EQ(host, nullptr);
      EXPECT_EQ(device, nullptr);
      _exit(testing::Test::HasFailure() ? 1 : 0);
    }
    EXPECT_TRUE(ok(status));
    EXPECT_NE(host, nullptr);
    EXPECT_NE(device, nullptr);
    std::memset(host, 1, 65'536);
    EXPECT_TRUE(is(HAL_ERR_INVALID_ARGUMENT, freeHostDeviceShareMem(0, device)));
    EXPECT_TRUE(ok(freeHostDeviceShareMem(0, host)));
    EXPECT_TRUE(is(HAL_ERR_INVALID_ARGUMENT, freeHostDeviceShareMem(0, host)));
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

TEST(PairAlone, LeavesNothingWhenItsFirstCallFails) {
  const auto alone = [] {
    void *host = &host;
    void *device = &host;
    refuses(HAL_ERR_INVALID_ARGUMENT, kMalloc, {0}, [&] { return mallocHostDeviceShareMem(0, 0, &host, &device); });
    EXPECT_EQ(host, nullptr);
    EXPECT_EQ(device, nullptr);
    setenv("HAL_BACKEND", "no-such-backend", 1);
    EXPECT_LT(mallocHostDeviceShareMem(0, kPage, &host, &device), 0);
    EXPECT_EQ(count_children(), 0U);
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(alone(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace hal::conformance
