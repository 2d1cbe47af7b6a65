// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

class LaunchCall : public FakeDevice {
 protected:
  void SetUp() override {
    FakeDevice::SetUp();
    executable = load();
    kernel = find(executable);
    mem = alloc(HAL_MEM_DEVICE, 4096);
  }
  void TearDown() override {
    EXPECT_EQ(hal_mem_free(mem), HAL_OK) << last_message();
    EXPECT_EQ(hal_executable_unload(executable), HAL_OK) << last_message();
    FakeDevice::TearDown();
  }

  hal_status_t launch(const std::vector<hal_arg_t> &args, hal_convention_t convention = HAL_CONVENTION_DEFAULT) {
    hal_launch_desc_t desc = launch_desc(kernel, args.data(), static_cast<std::uint32_t>(args.size()));
    desc.convention = convention;
    return hal_kernel_launch(&desc, nullptr);
  }

  hal_arg_t tensor(std::vector<std::uint32_t> shape, std::vector<std::uint32_t> strides = {}) {
    hal_arg_t arg = mem_arg(mem);
    arg.type = HAL_ARG_TENSOR;
    arg.dtype = HAL_DTYPE_F32;
    arg.rank = static_cast<std::uint8_t>(shape.size());
    arg.u = {};
    for (std::size_t i = 0; i < shape.size() && i < 5; ++i) arg.u.tensor.shape[i] = shape[i];
    for (std::size_t i = 0; i < strides.size(); ++i) arg.u.tensor.strides[i] = strides[i];
    return arg;
  }

  hal_executable_t executable = nullptr;
  hal_kernel_t kernel = nullptr;
  hal_mem_t mem = nullptr;
};

TEST_F(LaunchCall, ArgumentsReachTheBackendResolved) {
  const std::vector<hal_arg_t> args = {mem_arg(mem, 64), mem_arg(mem, 0, 100), tensor({4, 8}), scalar(5),
                                       scalar(0x3F800000, HAL_DTYPE_F32)};
  hal_launch_desc_t desc = launch_desc(kernel, args.data(), 5);
  desc.block_count = 7;
  desc.timeout_ns = 99;
  desc.tag = "a tag that is much longer than thirty-one bytes";
  std::uint64_t ticket = 0;
  ASSERT_EQ(hal_kernel_launch(&desc, &ticket), HAL_OK) << last_message();
  EXPECT_EQ(ticket, 1u);
  const fake::Launch &seen = control->launch;
  const hal_device_addr_t base = info(mem).device_addr;
  EXPECT_EQ(seen.block_count, 7u);
  EXPECT_EQ(seen.convention, HAL_CONVENTION_ARGS_ARRAY);
  EXPECT_EQ(seen.engine, HAL_ENGINE_AIV);
  EXPECT_EQ(seen.timeout_ns, 99u);
  EXPECT_EQ(seen.tag.size(), 31u);
  EXPECT_EQ(seen.words[0], base + 64);
  EXPECT_EQ(seen.sizes[0], 4096u - 64);
  EXPECT_EQ(seen.words[1], base);
  EXPECT_EQ(seen.sizes[1], 100u);
  EXPECT_EQ(seen.sizes[2], 4u * 8 * 4);
  EXPECT_EQ(seen.args[2].u.tensor.strides[0], 8u) << "contiguous strides are filled in";
  EXPECT_EQ(seen.args[2].u.tensor.strides[1], 1u);
  EXPECT_EQ(seen.words[3], 5u);
  EXPECT_EQ(seen.words[4], 0x3F800000u);
}

TEST_F(LaunchCall, TheObjectsConventionAndEngineAreTheDefault) {
  hal_launch_desc_t desc = launch_desc(find(executable, "cube"), nullptr, 0);
  ASSERT_EQ(hal_kernel_launch(&desc, nullptr), HAL_OK);
  EXPECT_EQ(control->launch.engine, HAL_ENGINE_AIC);
  EXPECT_EQ(control->launch.convention, HAL_CONVENTION_C);
  desc.engine = HAL_ENGINE_AIV;
  desc.convention = HAL_CONVENTION_ARGS_DESCRIPTORS;
  ASSERT_EQ(hal_kernel_launch(&desc, nullptr), HAL_OK);
  EXPECT_EQ(control->launch.engine, HAL_ENGINE_AIV);
  EXPECT_EQ(control->launch.convention, HAL_CONVENTION_ARGS_DESCRIPTORS);
}

TEST_F(LaunchCall, DescriptorsThatBreakARuleAreRefused) {
  const hal_launch_desc_t good = launch_desc(kernel, nullptr, 0);
  const auto expect = [&](auto change) {
    hal_launch_desc_t desc = good;
    change(desc);
    EXPECT_EQ(hal_kernel_launch(&desc, nullptr), HAL_ERR_INVALID_ARGUMENT) << last_message();
  };
  expect([](auto &d) { d.block_count = 0; });
  expect([](auto &d) { d.block_count = fake::kMaxBlocks + 1; });
  expect([](auto &d) { d.engine = HAL_ENGINE_SDMA; });
  expect([](auto &d) { d.engine = HAL_ENGINE_AIC | HAL_ENGINE_AIV; });
  expect([](auto &d) { d.convention = 4; });
  expect([](auto &d) { d.flags = 1; });
  expect([](auto &d) { d.reserved0 = 1; });
  expect([](auto &d) { d.arg_count = 1; });
  expect([](auto &d) { d.kernel = nullptr; });
  expect([](auto &d) { d.struct_size = 8; });
  EXPECT_EQ(hal_kernel_launch(nullptr, nullptr), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(LaunchCall, ArgumentsOutsideTheirMemoryAreOutOfRange) {
  EXPECT_EQ(launch({mem_arg(mem, 4000, 97)}), HAL_ERR_OUT_OF_RANGE);
  EXPECT_TRUE(contains(last_message(), "argument 0: offset 4000 + 97 bytes"));
  EXPECT_EQ(launch({mem_arg(mem, 4096)}), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(launch({mem_arg(mem, UINT64_MAX, 2)}), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(launch({tensor({1024})}), HAL_OK);
  EXPECT_EQ(launch({tensor({1025})}), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(launch({tensor({2, 4}, {1020, 1})}), HAL_OK);
  EXPECT_EQ(launch({tensor({2, 5}, {1020, 1})}), HAL_ERR_OUT_OF_RANGE);
  const std::uint32_t big = UINT32_MAX;
  EXPECT_EQ(launch({tensor({big, big, big, big, big}, {big, big, big, big, big})}), HAL_ERR_OUT_OF_RANGE);
  EXPECT_EQ(launch({tensor({big, big, big, big, big})}), HAL_ERR_OUT_OF_RANGE);
}

TEST_F(LaunchCall, ArgumentsOfTheWrongFormAreNamed) {
  const auto expect = [&](hal_arg_t arg) {
    EXPECT_EQ(launch({mem_arg(mem), arg}), HAL_ERR_INVALID_ARGUMENT);
    EXPECT_TRUE(contains(last_message(), "argument 1")) << last_message();
  };
  hal_arg_t arg = scalar(1);
  arg.dtype = 12;
  expect(arg);
  arg = scalar(1);
  arg.u.words[1] = 1;
  expect(arg);
  arg = scalar(1);
  arg.reserved0 = 1;
  expect(arg);
  arg = mem_arg(mem);
  arg.access = 0;
  expect(arg);
  arg.access = 4;
  expect(arg);
  arg = mem_arg(mem);
  arg.rank = 1;
  expect(arg);
  arg = mem_arg(nullptr);
  expect(arg);
  arg = tensor({});
  expect(arg);
  arg = tensor({1, 1, 1, 1, 1, 1});
  expect(arg);
  expect(tensor({4, 0}));
  arg = tensor({4});
  arg.u.tensor.shape[1] = 1;
  expect(arg);
  arg = {};
  expect(arg);
}

TEST_F(LaunchCall, MemoryComesBeforeScalarsUnlessTheConventionIsC) {
  EXPECT_EQ(launch({scalar(1), mem_arg(mem)}), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "argument 1"));
  EXPECT_EQ(launch({scalar(1), mem_arg(mem)}, HAL_CONVENTION_C), HAL_OK);
}

TEST_F(LaunchCall, TheNumberOfArgumentsIsLimited) {
  std::vector<hal_arg_t> args(32, mem_arg(mem));
  args.insert(args.end(), 16, scalar(1));
  EXPECT_EQ(launch(args), HAL_OK) << last_message();
  EXPECT_EQ(launch(std::vector<hal_arg_t>(33, mem_arg(mem))), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(launch(std::vector<hal_arg_t>(17, scalar(1))), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(launch(std::vector<hal_arg_t>(48, scalar(1)), HAL_CONVENTION_C), HAL_OK);
  EXPECT_EQ(launch(std::vector<hal_arg_t>(49, scalar(1)), HAL_CONVENTION_C), HAL_ERR_INVALID_ARGUMENT);
}

TEST_F(LaunchCall, MemoryThatTheEngineCannotReachIsUnsupported) {
  hal_mem_t mapped = alloc(HAL_MEM_HOST_MAPPED);
  hal_mem_t pinned = alloc(HAL_MEM_HOST_PINNED);
  const hal_arg_t arg = mem_arg(mapped);
  hal_launch_desc_t desc = launch_desc(kernel, &arg, 1);
  desc.engine = HAL_ENGINE_AICPU;
  EXPECT_EQ(hal_kernel_launch(&desc, nullptr), HAL_ERR_UNSUPPORTED);
  EXPECT_TRUE(contains(last_message(), "argument 0: HOST_MAPPED"));
  EXPECT_TRUE(contains(last_message(), "AICPU"));
  EXPECT_EQ(launch({mem_arg(pinned)}), HAL_ERR_UNSUPPORTED) << "only the host can reach it";
  EXPECT_EQ(hal_mem_free(mapped), HAL_OK);
  EXPECT_EQ(hal_mem_free(pinned), HAL_OK);
}

TEST_F(LaunchCall, MemoryIsBusyUntilTheTicketOfItsLaunchIsDone) {
  hal_mem_t shared = alloc(HAL_MEM_HOST_MAPPED);
  control->hold = true;
  ASSERT_EQ(launch({mem_arg(mem), mem_arg(shared)}), HAL_OK);
  EXPECT_EQ(hal_mem_free(shared), HAL_ERR_BUSY);
  control->hold = false;
  EXPECT_EQ(hal_mem_free(shared), HAL_OK);
}

TEST_F(LaunchCall, AddressArgumentsArePassedOnUnchecked) {
  hal_arg_t arg = {};
  arg.type = HAL_ARG_ADDR;
  arg.u.bits = 0xDEAD0000;
  ASSERT_EQ(launch({arg}), HAL_OK) << last_message();
  EXPECT_EQ(control->launch.words[0], 0xDEAD0000u);
}

}  // namespace
}  // namespace hal::test
