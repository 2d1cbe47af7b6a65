// SPDX-License-Identifier: Apache-2.0
#include "objects/address_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

namespace hal::core {
namespace {

struct Ranges {
  AddressRange host;
  AddressRange device;

  Ranges(std::uint64_t host_start, std::uint64_t device_start, std::uint64_t size) {
    host.start = host_start;
    host.size = host_start != 0 ? size : 0;
    device.start = device_start;
    device.size = device_start != 0 ? size : 0;
  }
};

class Addresses : public testing::Test {
 protected:
  bool has_host(std::uint64_t address) {
    return table.find_host(address, [](const AddressRange &) {});
  }
  bool has_device(std::uint64_t address) {
    return table.find_device(address, [](const AddressRange &) {});
  }

  AddressTable table;
};

TEST_F(Addresses, InteriorAddressesAreFoundAndTheEndIsNot) {
  Ranges ranges(0x1000, 0x9000, 0x100);
  ASSERT_FALSE(table.enter(ranges.host, ranges.device));
  EXPECT_TRUE(has_host(0x1000));
  EXPECT_TRUE(has_host(0x10FF));
  EXPECT_FALSE(has_host(0x1100));
  EXPECT_FALSE(has_host(0xFFF));
  EXPECT_TRUE(has_device(0x9080));
  EXPECT_FALSE(has_device(0x1000)) << "a host address is not a device address";
  table.remove(ranges.host, ranges.device);
  EXPECT_FALSE(has_host(0x1000));
}

TEST_F(Addresses, EnteringIsAllOrNothing) {
  Ranges first(0x1000, 0x9000, 0x1000);
  Ranges second(0x5000, 0x9800, 0x1000);
  ASSERT_FALSE(table.enter(first.host, first.device));
  EXPECT_TRUE(table.enter(second.host, second.device));
  EXPECT_FALSE(has_host(0x5000));
  table.remove(second.host, second.device);
  table.remove(first.host, first.device);
}

TEST_F(Addresses, ADeviceRangeIsDeviceOnlyUnlessItIsAHostRangeToo) {
  Ranges apart(0x1000, 0x9000, 0x1000);
  Ranges same(0x20000, 0x20000, 0x1000);
  ASSERT_FALSE(table.enter(apart.host, apart.device));
  ASSERT_FALSE(table.enter(same.host, same.device));
  EXPECT_TRUE(table.is_device_only(0x9100, 8));
  EXPECT_TRUE(table.is_device_only(0x8FFF, 2)) << "one common byte is enough";
  EXPECT_FALSE(table.is_device_only(0x1100, 8));
  EXPECT_FALSE(table.is_device_only(0x20100, 8)) << "host and device use the same address";
  table.clear();
  EXPECT_FALSE(table.is_device_only(0x9100, 8));
}

TEST(IntervalMap, AgreesWithASimpleModel) {
  std::mt19937 random(1);
  IntervalMap map;
  std::map<std::uint64_t, std::unique_ptr<AddressRange>> model;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t start = random() % 4000;
    if (random() % 3 == 0 && !model.empty()) {
      auto victim = model.lower_bound(start);
      if (victim == model.end()) victim = model.begin();
      map.erase(*victim->second);
      model.erase(victim);
    }
    auto range = std::make_unique<AddressRange>();
    range->start = start;
    range->size = 1 + random() % 60;
    bool free = true;
    for (const auto &[at, other] : model)
      if (start < at + other->size && at < start + range->size) free = false;
    ASSERT_EQ(map.insert(*range).has_value(), !free);
    if (free) model.emplace(start, std::move(range));
    const std::uint64_t probe = random() % 4100;
    bool inside = false;
    for (const auto &[at, other] : model) inside = inside || (at <= probe && probe < at + other->size);
    ASSERT_EQ(map.find(probe) != nullptr, inside);
  }
  map.clear();
}

}  // namespace
}  // namespace hal::core
