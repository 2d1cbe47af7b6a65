// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/host_memory.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fake_host.hpp"

namespace hal::sim::test {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// The files of a machine, in a temporary folder.
class FakeMachine {
 public:
  FakeMachine() {
    std::string name = (std::filesystem::temp_directory_path() / "hal-machine-XXXXXX").string();
    root_ = mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~FakeMachine() { std::filesystem::remove_all(root_); }
  FakeMachine(const FakeMachine &) = delete;
  FakeMachine &operator=(const FakeMachine &) = delete;

  void write(const std::string &path, const std::string &text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  const std::string &root() const { return root_; }

 private:
  std::string root_;
};

TEST(AvailableMemory, IsWhatIsAvailableAndSwap) {
  const FakeMachine machine;
  machine.write("/proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    2048 kB\nSwapFree:        1024 kB\n");
  const auto room = read_available_memory(machine.root());
  ASSERT_TRUE(room);
  EXPECT_EQ(room->bytes, 3 * kMiB);
  EXPECT_NE(room->source.find("MemAvailable"), std::string::npos);
}

TEST(AvailableMemory, IsTheNearestLimitOfTheControlGroupsAbove) {
  const FakeMachine machine;
  machine.write("/proc/meminfo", "MemAvailable: 1048576 kB\nSwapFree: 0 kB\n");
  machine.write("/proc/self/cgroup", "0::/jobs/one\n");
  machine.write("/sys/fs/cgroup/jobs/one/memory.max", "max\n");
  machine.write("/sys/fs/cgroup/jobs/one/memory.current", "1\n");
  machine.write("/sys/fs/cgroup/jobs/memory.max", std::to_string(100 * kMiB));
  machine.write("/sys/fs/cgroup/jobs/memory.current", std::to_string(90 * kMiB));
  machine.write("/sys/fs/cgroup/jobs/memory.stat", "anon 5\ninactive_file " + std::to_string(20 * kMiB) + "\n");
  const auto room = read_available_memory(machine.root());
  ASSERT_TRUE(room);
  EXPECT_EQ(room->bytes, 30 * kMiB);
  EXPECT_EQ(room->source, "memory.max of /sys/fs/cgroup/jobs");
}

TEST(AvailableMemory, IsUnknownWithoutTheFiles) {
  const FakeMachine machine;
  EXPECT_FALSE(read_available_memory(machine.root()));
}

TEST(AvailableMemory, LimitsAllocationsIncludingThoseWithoutPages) {
  const AvailableMemory room = {100 * kMiB, "a test"};
  check_fits(40 * kMiB, 60 * kMiB, room);
  try {
    check_fits(40 * kMiB + 1, 60 * kMiB, room);
    FAIL() << "one byte too many is accepted";
  } catch (const plugin::Failure &failure) {
    EXPECT_EQ(failure.status(), HAL_ERR_OUT_OF_MEMORY);
    const std::string text = failure.what();
    for (const char *part : {"41943041 bytes", "100 MiB", "a test", "60 MiB"})
      EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_NE(failure.hint().find("HAL_SIM_MEMORY"), std::string::npos);
  }
}

class MachineLimits : public SimTest {};

// The device has more memory than the machine.
TEST_F(MachineLimits, AnAllocationAboveTheMachinesMemoryIsRefusedAndKeepsNothing) {
  const auto room = read_available_memory("");
  if (!room || room->bytes > std::uint64_t{60} << 30) GTEST_SKIP() << "the simulated product fits in this machine";
  close();
  host_.options["MEMORY"] = "0";
  open();
  const std::uint64_t free = property(HAL_PROPERTY_MEMORY_FREE_BYTES);
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = room->bytes + (std::uint64_t{1} << 30);
  ASSERT_LT(desc.size_bytes, free);
  hal_pmem_t mem = nullptr;
  hal_pmem_info_v1_t info = {};
  EXPECT_EQ(ops_->mem_alloc(device_, &desc, &mem, &info), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_NE(host_.message.find("more than this machine has available"), std::string::npos) << host_.message;
  EXPECT_EQ(property(HAL_PROPERTY_MEMORY_FREE_BYTES), free);
  desc.size_bytes = 4096;
  EXPECT_EQ(ops_->mem_alloc(device_, &desc, &mem, &info), HAL_OK) << host_.message;
  EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

// Allocated bytes without pages add up. This test uses none of them.
TEST_F(MachineLimits, UnusedAllocationsAreCountedTogether) {
  const auto room = read_available_memory("");
  if (!room || room->bytes > std::uint64_t{50} << 30) GTEST_SKIP() << "the simulated product fits in this machine";
  close();
  host_.options["MEMORY"] = "0";
  open();
  std::vector<hal_pmem_t> taken;
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof desc;
  desc.kind = HAL_MEM_DEVICE;
  desc.size_bytes = std::uint64_t{1} << 30;
  hal_status_t status = HAL_OK;
  while (status == HAL_OK && taken.size() < 60) {
    hal_pmem_t mem = nullptr;
    hal_pmem_info_v1_t info = {};
    status = ops_->mem_alloc(device_, &desc, &mem, &info);
    if (status == HAL_OK) taken.push_back(mem);
  }
  EXPECT_EQ(status, HAL_ERR_OUT_OF_MEMORY);
  EXPECT_NE(host_.message.find("allocated but not used yet"), std::string::npos) << host_.message;
  for (const hal_pmem_t mem : taken) EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
}

}  // namespace
}  // namespace hal::sim::test
