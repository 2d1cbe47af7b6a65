// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "chips/a2a3.hpp"
#include "chips/a5.hpp"
#include "fake_host.hpp"
#include "stderr_of_process.hpp"

namespace hal::sim::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string kernels_for(const char *backend, const char *name = "sim_test_hooks") {
  return std::string(HAL_TEST_KERNEL_DIR) + "/" + backend + "/" + name + ".so";
}

class TileHooksTest : public SimTest {
 protected:
  void SetUp() override {
    kernels_path_ = kernels_for("a2a3-sim");
    open();
    mem_ = allocate(HAL_MEM_HOST_MAPPED, 65'536, info_);
    words_ = static_cast<std::uint64_t *>(info_.host_ptr);
  }
  std::size_t mappings_of_device() {
    std::ifstream maps("/proc/" + std::to_string(property(HAL_PROPERTY_DEVICE_PROCESS_ID)) + "/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) ++count;
    return count;
  }
  hal_pmem_t mem_ = nullptr;
  hal_pmem_info_v1_t info_ = {};
  std::uint64_t *words_ = nullptr;
};

class TileHooksHost : public TileHooksTest, public ::testing::WithParamInterface<const char *> {
 protected:
  void SetUp() override {
    host_.options["PROCESS"] = GetParam();
    TileHooksTest::SetUp();
  }
};

TEST_P(TileHooksHost, EachBlockHasItsOwnContextAndASetContextEndsWithItsBlock) {
  std::set<std::uint64_t> cookies;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(wait(launch("report_context", 64, {info_.device_addr})), HAL_OK) << host_.message;
    cookies.insert(words_[3]);
    for (std::uint64_t block = 0; block < 64; ++block) {
      const std::uint64_t *words = words_ + 8 * block;
      EXPECT_EQ(words[0], block);
      EXPECT_EQ(words[1], 0u);
      EXPECT_EQ(words[2], 1u);
      EXPECT_EQ(words[3], words_[3]) << "one cookie for all blocks of a launch";
      EXPECT_EQ(words[4], block + 7);
      EXPECT_EQ(words[5], 1u);
      EXPECT_EQ(words[6], 2u);
      EXPECT_EQ(words[7], 1u) << "pto_sim_register_hooks is called once";
    }
  }
  EXPECT_EQ(cookies.size(), 3u) << "each launch has a cookie of its own";
  EXPECT_EQ(*cookies.rbegin() >> 48, 0u) << "the tile library uses the bits above for flags";
}

TEST_P(TileHooksHost, BlocksShareTheStorageButNotThePipeStateAndBothEndAtAPage) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  for (const std::uint64_t bytes : {std::uint64_t{1}, std::uint64_t{24}, std::uint64_t{64}, page, 3 * page + 8}) {
    ASSERT_EQ(wait(launch("take_storage", 16, {info_.device_addr, bytes})), HAL_OK) << host_.message;
    std::set<std::uint64_t> pipes;
    std::set<std::uint64_t> turns;
    for (std::uint64_t block = 0; block < 16; ++block) {
      const std::uint64_t *words = words_ + 4 * block;
      EXPECT_EQ(words[0], words_[0]);
      EXPECT_EQ((words[0] + bytes) % page, 0u);
      EXPECT_EQ((words[1] + bytes) % page, 0u);
      EXPECT_EQ(words[2], 0u) << "the storage is zero at the start of a launch";
      pipes.insert(words[1]);
      turns.insert(words[3]);
    }
    EXPECT_EQ(pipes.size(), 16u);
    EXPECT_EQ(turns.size(), bytes < 4 ? 1u : 16u)
        << "blocks see the writes of other blocks, but not of earlier launches";
    EXPECT_EQ(*turns.begin(), 0u);
  }
}

TEST_P(TileHooksHost, AKeyKeepsItsSizeWithinALaunchAndALargerRequestFails) {
  close();
  const StderrOfProcess output;
  TileHooksTest::SetUp();
  ASSERT_EQ(wait(launch("grow_storage", 1, {info_.device_addr})), HAL_OK) << host_.message;
  EXPECT_THAT((std::vector<std::uint64_t>{words_[0], words_[1], words_[2]}), ElementsAre(1, 1, 1));
  EXPECT_THAT(output.text(), HasSubstr("no storage of 65 bytes for key k"));
}

INSTANTIATE_TEST_SUITE_P(Hosts, TileHooksHost, ::testing::Values("1", "0"),
                         [](const auto &info) { return info.param[0] == '1' ? "Process" : "Threads"; });

TEST_F(TileHooksTest, AnOverrunByOneByteIsAFaultAtTheEndOfTheStorage) {
  for (const std::uint64_t bytes : {1u, 24u, 4096u, 100'000u}) {
    ASSERT_EQ(wait(launch("write_to_storage", 1, {bytes, bytes - 1})), HAL_OK) << host_.message;
    ASSERT_EQ(wait(launch("write_to_storage", 1, {bytes, bytes})), HAL_ERR_KERNEL_FAULT) << bytes;
    ASSERT_TRUE(host_.fault);
    EXPECT_EQ(host_.fault->kernel, "write_to_storage");
    ASSERT_TRUE(host_.fault->address);
    EXPECT_EQ(*host_.fault->address % static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), 0u);
    ASSERT_EQ(ops_->device_reset(device_), HAL_OK) << host_.message;
    ops_->device_close(device_);
    open();
  }
}

TEST_F(TileHooksTest, StorageOfManyLaunchesDoesNotAddUp) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(wait(launch("take_storage", 8, {info_.device_addr, 5000})), HAL_OK);
  const std::size_t before = mappings_of_device();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(wait(launch("take_storage", 8, {info_.device_addr, 5000})), HAL_OK);
  EXPECT_LE(mappings_of_device(), before + 2) << "a thread may have mapped memory of its own";
}

// Values of the shell must not be used, and the host's own environment must not change.
class VariablesTest : public TileHooksTest {
 protected:
  void SetUp() override {
    setenv("PTO_CPU_SIM_UB_BYTES", "524288", 1);
    setenv("PTO_CPU_SIM_NUM_CORES", "3", 1);
    TileHooksTest::SetUp();
  }
  void TearDown() override {
    EXPECT_STREQ(getenv("PTO_CPU_SIM_UB_BYTES"), "524288");
    EXPECT_EQ(getenv("PTO_CPU_SIM_L1_BYTES"), nullptr);
    unsetenv("PTO_CPU_SIM_UB_BYTES");
    unsetenv("PTO_CPU_SIM_NUM_CORES");
    TileHooksTest::TearDown();
  }
  std::vector<std::uint64_t> words() {
    EXPECT_EQ(wait(launch("report_variables", 1, {info_.device_addr})), HAL_OK) << host_.message;
    return {words_, words_ + 6};
  }
};

TEST_F(VariablesTest, GiveKernelsTheChipsLocalMemory) {
  EXPECT_THAT(words(), ElementsAre(196'608, 524'288, 65'536, 65'536, 131'072, 24));
}

class SmallerSkuTest : public VariablesTest {
 protected:
  void SetUp() override {
    host_.options["SKU"] = "Ascend910B4";
    VariablesTest::SetUp();
  }
};

TEST_F(SmallerSkuTest, GiveKernelsTheProductsCores) {
  EXPECT_THAT(words(), ElementsAre(196'608, 524'288, 65'536, 65'536, 131'072, 20));
}

class A5VariablesTest : public VariablesTest {
 protected:
  void SetUp() override {
    backend_ = "a5-sim";
    chip_ = &chips::kA5;
    setenv("PTO_CPU_SIM_UB_BYTES", "524288", 1);
    kernels_path_ = kernels_for("a5-sim");
    open();
    mem_ = allocate(HAL_MEM_HOST_MAPPED, 4096, info_);
    words_ = static_cast<std::uint64_t *>(info_.host_ptr);
  }
};

TEST_F(A5VariablesTest, GiveKernelsTheLocalMemoryOfTheOtherChip) {
  EXPECT_THAT(words(), ElementsAre(253'952, 524'288, 65'536, 65'536, 262'144, 36));
}

// With HAL_SIM_PROCESS=0 all devices share one environment: that of the first chip.
class OneEnvironmentTest : public SimTest {
 protected:
  void SetUp() override { host_.options["PROCESS"] = "0"; }
};

TEST_F(OneEnvironmentTest, HasTheFirstChipsSizesAndAnotherChipsDeviceRefusesObjectsThatReadThem) {
  kernels_path_ = kernels_for("a2a3-sim");
  open();
  EXPECT_STREQ(getenv("PTO_CPU_SIM_UB_BYTES"), "196608");
  close();
  backend_ = "a5-sim";
  chip_ = &chips::kA5;
  ASSERT_EQ(enter("a5-sim", chips::kA5, &host_.services, &host_.plugin), HAL_OK);
  ASSERT_EQ(ops_->device_open(host_.plugin.self, 0, &device_), HAL_OK) << host_.message;
  EXPECT_EQ(load(kernels_for("a5-sim")), HAL_ERR_FAILED_PRECONDITION);
  EXPECT_THAT(host_.message, HasSubstr("local memory sizes of device a2a3-sim 0"));
  EXPECT_EQ(load(kernels_for("a5-sim", "sim_test_kernels")), HAL_OK)
      << "an object that does not use the tile library can run";
  EXPECT_EQ(ops_->executable_unload(device_, executable_), HAL_OK);
  ops_->device_close(device_);
  device_ = nullptr;
}

class KernelFlagsTest : public SimTest {
 protected:
  hal_kernel_flags_t flags(const char *name, std::uint32_t info_bytes = sizeof(hal_kernel_info_t)) {
    hal_kernel_info_t info = {};
    info.struct_size = info_bytes;
    hal_pkernel_t kernel = nullptr;
    EXPECT_EQ(ops_->kernel_find(device_, executable_, name, &kernel, &info), HAL_OK) << host_.message;
    return info.flags;
  }
  std::size_t warnings(const std::string &part) const {
    std::size_t count = 0;
    for (const std::string &line : host_.logs) count += line.find(part) != line.npos ? 1 : 0;
    return count;
  }
  void reload(const std::string &path) {
    ASSERT_EQ(ops_->executable_unload(device_, executable_), HAL_OK);
    ASSERT_EQ(load(path), HAL_OK) << host_.message;
  }
};

TEST_F(KernelFlagsTest, ShowWhetherAnObjectUsesTheTileLibraryAndItsChecks) {
  EXPECT_EQ(flags("add_one"), 0u);
  EXPECT_EQ(warnings(""), 0u);
  reload(kernels_for("a2a3-sim"));
  EXPECT_EQ(flags("report_context"), HAL_KERNEL_USES_TILE_LIBRARY | HAL_KERNEL_CHECKS_BOUNDS);
  EXPECT_EQ(flags("report_context", offsetof(hal_kernel_info_t, flags)), 0u) << "an older core has no field for them";
  EXPECT_EQ(warnings(""), 0u);
}

TEST_F(KernelFlagsTest, OfAnUncheckedObjectCauseAWarningAtEachLoad) {
  for (std::size_t loads = 1; loads <= 2; ++loads) {
    reload(kernels_for("a2a3-sim", "sim_test_hooks_unchecked"));
    EXPECT_EQ(flags("report_context"), HAL_KERNEL_USES_TILE_LIBRARY);
    EXPECT_EQ(warnings("kernels uses the tile library and was built with NDEBUG"), loads);
  }
}

class Bfloat16Test : public KernelFlagsTest {
 protected:
  void launch_with(std::uint8_t type, std::uint8_t dtype) {
    hal_arg_t args[2] = {};
    args[0].type = HAL_ARG_ADDR;
    args[1].type = type;
    args[1].dtype = dtype;
    hal_pmem_info_v1_t info = {};
    const hal_pmem_t mem = allocate(HAL_MEM_HOST_MAPPED, 4096, info);
    const std::uint64_t words[2] = {info.device_addr, info.device_addr};
    const std::uint64_t sizes[2] = {4096, 4096};
    hal_launch_v1_t launch = {};
    launch.struct_size = sizeof launch;
    launch.block_count = 1;
    launch.kernel = kernel(executable_is_hooks_ ? "report_variables" : "empty");
    launch.convention = HAL_CONVENTION_ARGS_ARRAY;
    launch.arg_count = 2;
    launch.engine = HAL_ENGINE_AIV;
    launch.timeout_ns = UINT64_MAX;
    launch.tag = "";
    launch.args = args;
    launch.words = words;
    launch.sizes_bytes = sizes;
    std::uint64_t ticket = 0;
    ASSERT_EQ(ops_->launch(device_, stream_, &launch, &ticket), HAL_OK) << host_.message;
    ASSERT_EQ(wait(ticket), HAL_OK);
    EXPECT_EQ(ops_->mem_free(device_, mem), HAL_OK);
  }
  bool executable_is_hooks_ = false;
};

TEST_F(Bfloat16Test, ArgumentsOfATileLibraryKernelAreWarnedOfOncePerExecutable) {
  launch_with(HAL_ARG_SCALAR, HAL_DTYPE_BF16);
  EXPECT_EQ(warnings("bfloat16"), 0u) << "it does not use the tile library";
  executable_is_hooks_ = true;
  for (std::size_t loads = 1; loads <= 2; ++loads) {
    reload(kernels_for("a2a3-sim"));
    launch_with(HAL_ARG_SCALAR, HAL_DTYPE_F16);
    EXPECT_EQ(warnings("bfloat16"), loads - 1);
    launch_with(HAL_ARG_TENSOR, HAL_DTYPE_BF16);
    launch_with(HAL_ARG_SCALAR, HAL_DTYPE_BF16);
    EXPECT_EQ(warnings("argument 1 of kernel report_variables of kernels is bfloat16"), loads);
    EXPECT_EQ(warnings("bfloat16"), loads);
  }
}

}  // namespace
}  // namespace hal::sim::test
