// SPDX-License-Identifier: Apache-2.0
#include "objects/handles.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace hal::core {
namespace {

class Handles : public testing::Test {
 protected:
  std::uint64_t make(HandleType type, void *object) {
    const std::uint32_t index = table.reserve();
    const std::uint64_t handle = table.handle_of(index, type);
    table.publish(index, type, object);
    return handle;
  }
  PinAnswer pin(std::uint64_t handle, HandleType type = HandleType::kMem) {
    void *object = nullptr;
    return table.pin(handle, type, &object);
  }

  HandleTable table;
  int object = 0;
};

TEST_F(Handles, APinnedHandleGivesItsObject) {
  const std::uint64_t handle = make(HandleType::kMem, &object);
  void *found = nullptr;
  ASSERT_EQ(table.pin(handle, HandleType::kMem, &found), PinAnswer::kOk);
  EXPECT_EQ(found, &object);
  table.unpin(handle);
}

TEST_F(Handles, NullForeignAndWrongTypedHandlesAreDistinguished) {
  const std::uint64_t handle = make(HandleType::kMem, &object);
  EXPECT_EQ(pin(0), PinAnswer::kNull);
  EXPECT_EQ(pin(handle, HandleType::kStream), PinAnswer::kWrongType);
  EXPECT_EQ(pin(reinterpret_cast<std::uint64_t>(&object)), PinAnswer::kForeign);
  EXPECT_EQ(pin(handle + 1), PinAnswer::kForeign);
  EXPECT_EQ(pin(UINT64_MAX), PinAnswer::kForeign);
  EXPECT_EQ(pin(handle ^ (std::uint64_t{1} << 32)), PinAnswer::kStale) << "another generation";
}

TEST_F(Handles, AReleasedHandleStaysStaleWhenItsSlotIsUsedAgain) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t handle = make(HandleType::kMem, &object);
    EXPECT_TRUE(seen.insert(handle).second) << "a handle was used again";
    ASSERT_TRUE(table.claim(handle, 0));
    table.release(handle);
    EXPECT_EQ(pin(handle), PinAnswer::kStale);
  }
  for (const std::uint64_t handle : seen) EXPECT_EQ(pin(handle), PinAnswer::kStale);
}

TEST_F(Handles, APinPreventsClaims) {
  const std::uint64_t handle = make(HandleType::kMem, &object);
  ASSERT_EQ(pin(handle), PinAnswer::kOk);
  EXPECT_FALSE(table.claim(handle, 0));
  ASSERT_EQ(pin(handle), PinAnswer::kOk);
  EXPECT_FALSE(table.claim(handle, 1));
  table.unpin(handle);
  ASSERT_TRUE(table.claim(handle, 1));
  EXPECT_EQ(pin(handle), PinAnswer::kClaimed);
  EXPECT_FALSE(table.claim(handle, 1));
  table.unclaim(handle);
  EXPECT_EQ(pin(handle), PinAnswer::kOk);
}

TEST_F(Handles, ManyAreValidAtTheSameTime) {
  std::vector<std::uint64_t> handles;
  std::vector<int> objects(3000);
  for (int &each : objects) handles.push_back(make(HandleType::kMem, &each));
  for (std::size_t i = 0; i < handles.size(); ++i) {
    void *found = nullptr;
    ASSERT_EQ(table.pin(handles[i], HandleType::kMem, &found), PinAnswer::kOk);
    EXPECT_EQ(found, &objects[i]);
    table.unpin(handles[i]);
  }
}

TEST_F(Handles, AReleasedObjectIsNeverReached) {
  constexpr int kRounds = 300;
  std::atomic<std::uint64_t> current{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        void *found = nullptr;
        const std::uint64_t handle = current;
        if (handle == 0 || table.pin(handle, HandleType::kMem, &found) != PinAnswer::kOk) continue;
        EXPECT_EQ(*static_cast<int *>(found), 4711);
        table.unpin(handle);
      }
    });
  for (int i = 0; i < kRounds; ++i) {
    auto owned = std::make_unique<int>(4711);
    const std::uint64_t handle = make(HandleType::kMem, owned.get());
    current = handle;
    while (!table.claim(handle, 0)) std::this_thread::yield();
    *owned = 0;
    table.release(handle);
  }
  stop = true;
  for (std::thread &thread : threads) thread.join();
}

}  // namespace
}  // namespace hal::core
