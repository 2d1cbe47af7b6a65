// SPDX-License-Identifier: Apache-2.0
//
// What a kernel receives: words, contexts, descriptors, C parameters, blocks.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "conformance.hpp"
#include "fixture.hpp"
#include "hal/kernel.h"
#include "requirements.hpp"

namespace hal::conformance {
namespace {

class ArgumentsAsWords : public Conformance {};

TEST_F(ArgumentsAsWords, ComeAsAddressesThenScalarsThenZeros) {
  const Executable executable(device_, object("basics"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Memory other = allocate(HAL_MEM_DEVICE, kPage);
  for (const hal_convention_t convention : {HAL_CONVENTION_DEFAULT, HAL_CONVENTION_ARGS_ARRAY}) {
    run(Launch(executable["report_words"])
            .mem(out)
            .mem(other, 100, 200)
            .tensor(other, HAL_DTYPE_F32, {4, 5}, {}, 64)
            .addr(0xfedcba9876543210)
            .scalar(1.5F)
            .scalar(std::int8_t{-2})
            .scalar(std::int32_t{-3})
            .scalar(std::int64_t{-4})
            .scalar(std::uint16_t{65'535})
            .scalar(true)
            .scalar(HAL_DTYPE_BF16, 0x3fc0)
            .scalar(HAL_DTYPE_F16, 0x3e00)
            .scalar(~std::uint64_t{0})
            .convention(convention));
    const auto *words = out.host<std::uint64_t>();
    const std::uint64_t expected[] = {out.address(),
                                      other.address() + 100,
                                      other.address() + 64,
                                      0xfedcba9876543210,
                                      0x3fc00000,
                                      0xfe,
                                      0xfffffffd,
                                      static_cast<std::uint64_t>(-4),
                                      0xffff,
                                      1,
                                      0x3fc0,
                                      0x3e00,
                                      ~std::uint64_t{0}};
    constexpr int kGiven = sizeof expected / sizeof *expected;
    for (int i = 0; i < kGiven; ++i) EXPECT_EQ(words[i], expected[i]) << "word " << i;
    for (int i = kGiven; i < HAL_ARGS_PARAMETER_WORDS; ++i) EXPECT_EQ(words[i], 0U) << "word " << i << " is unused";
    EXPECT_NE(words[HAL_ARGS_LOCAL_CONTEXT], 0U);
    EXPECT_NE(words[HAL_ARGS_GLOBAL_CONTEXT], 0U);
  }
}

TEST_F(ArgumentsAsWords, CanBeAsManyAsThereAreSlots) {
  const Executable executable(device_, object("basics"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  Launch launch(executable["report_words"]);
  for (int i = 0; i < 32; ++i) launch.mem(out, 0);
  for (std::uint64_t i = 0; i < 16; ++i) launch.scalar(1000 + i);
  run(launch);
  const auto *words = out.host<std::uint64_t>();
  for (int i = 0; i < 32; ++i) EXPECT_EQ(words[i], out.address());
  for (std::uint64_t i = 0; i < 16; ++i) EXPECT_EQ(words[32 + i], 1000 + i);
}

TEST_F(ArgumentsAsWords, AreCopiedBySubmit) {
  const Executable executable(device_, object("basics"));
  const Memory x = allocate(HAL_MEM_HOST_MAPPED, kPage);
  *x.host<std::uint64_t>() = 1;
  Held held(device_, object("basics"));
  Launch launch(executable["affine"]);
  launch.mem(x).scalar(std::uint64_t{2}).scalar(std::uint64_t{5});
  const std::uint64_t ticket = launch.ticket();
  for (auto &arg : launch.args) std::memset(&arg, 0xff, sizeof arg);
  held.let_go();
  wait(ticket);
  EXPECT_EQ(*x.host<std::uint64_t>(), 7U);
}

class Blocks : public Conformance {
 protected:
  // Returns the wanted number of blocks, or the maximum of the device if that is smaller.
  std::uint32_t most(std::uint32_t wanted) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, known(HAL_PROPERTY_MAX_BLOCKS).value_or(wanted)));
  }
};

struct BlockReport {
  std::uint64_t runs, index, count, args, local, global, sub_block, foreign_words;
};

TEST_F(Blocks, RunExactlyOnceEachWithArgumentsOfTheirOwn) {
  const Executable executable(device_, object("basics"));
  for (const std::uint32_t count : {1U, 2U, 48U, most(1024)}) {
    SCOPED_TRACE(count);
    const Memory out = allocate(HAL_MEM_HOST_MAPPED, count * sizeof(BlockReport));
    for (std::uint64_t round = 1; round <= 3; ++round) {
      std::memset(out.host<void>(), 0, count * sizeof(BlockReport));
      run(Launch(executable["report_blocks"]).mem(out).blocks(count));
      for (std::uint32_t i = 0; i < count; ++i) {
        const auto &report = out.host<BlockReport>()[i];
        ASSERT_EQ(report.runs, 1U) << "block " << i;
        ASSERT_EQ(report.index, i);
        ASSERT_EQ(report.count, count) << "block " << i;
        ASSERT_NE(report.local, report.global) << "block " << i;
        ASSERT_EQ(report.sub_block, 0U) << "block " << i;
        ASSERT_EQ(report.foreign_words, 0U) << "block " << i << " saw words that another block wrote in its arguments";
      }
    }
  }
}

TEST_F(Blocks, ShareTheWorkOfOneLaunch) {
  const Executable executable(device_, object("basics"));
  constexpr std::uint32_t kCount = 10'007;
  const Memory x = allocate(HAL_MEM_HOST_MAPPED, kCount * sizeof(float));
  for (const std::uint32_t blocks : {1U, 3U, 48U, most(1024)}) {
    for (std::uint32_t i = 0; i < kCount; ++i) x.host<float>()[i] = static_cast<float>(i);
    run(Launch(executable["add_one"]).mem(x).scalar(kCount).blocks(blocks));
    for (std::uint32_t i = 0; i < kCount; ++i) ASSERT_EQ(x.host<float>()[i], static_cast<float>(i) + 1) << i;
  }
}

TEST_F(Blocks, CanBeAsManyAsTheDeviceReports) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_HOST_MAPPED, kPage);
  if (!known(HAL_PROPERTY_MAX_BLOCKS)) GTEST_SKIP() << "the device does not report a maximum";
  const std::uint32_t count = most(65'536);
  run(Launch(executable["bump"]).mem(counter).blocks(count));
  EXPECT_EQ(*counter.host<std::uint64_t>(), count);
}

TEST_F(Blocks, RunOnEachEngineThatKernelsHave) {
  const Executable executable(device_, object("basics"));
  const Memory counter = allocate(HAL_MEM_DEVICE, kPage);
  const std::uint64_t zero = 0;
  write(counter, 0, &zero, 8);
  std::uint64_t ran = 0;
  for (const hal_engine_mask_t engine : {HAL_ENGINE_AIC, HAL_ENGINE_AIV, HAL_ENGINE_AICPU}) {
    Launch launch(executable["bump"]);
    launch.mem(counter).engine(engine).blocks(2);
    std::uint64_t ticket = 0;
    const hal_status_t status = launch.submit(&ticket);
    if (never_has(status)) continue;
    ASSERT_TRUE(ok(status));
    wait(ticket);
    ran += 2;
  }
  EXPECT_GT(ran, 0U) << "no engine runs kernels: " << last_failure();
  EXPECT_EQ(read_word<std::uint64_t>(counter), ran);
}

TEST_F(Blocks, OfAnObjectThatNamesItsEngineRunThere) {
  if (!options.require_all && !std::filesystem::exists(object("aicpu")))
    GTEST_SKIP() << "hal_add_kernel makes no AICPU objects for " << backend_name_;
  const Executable executable(device_, object("aicpu"));
  const hal_kernel_t kernel = executable[nullptr];
  auto info = sized<hal_kernel_info_t>();
  ASSERT_TRUE(ok(hal_kernel_info(kernel, &info)));
  EXPECT_EQ(info.engine, HAL_ENGINE_AICPU);
  EXPECT_STREQ(info.name, "kernel_entry");
  EXPECT_EQ(info.executable, hal_executable_t{executable});
  const Memory device = allocate(HAL_MEM_DEVICE, kPage);
  const Memory mapped = allocate(HAL_MEM_HOST_MAPPED, kPage);
  run(Launch(kernel).mem(device));
  EXPECT_EQ(read_word<std::uint64_t>(device), 0xa1c9U);
  if (((mapped.info().can_reach | mapped.info().reach_unknown) & HAL_ENGINE_AICPU) == 0)
    refuses(HAL_ERR_UNSUPPORTED, "hal_kernel_launch", {"AICPU"}, [&] { return Launch(kernel).mem(mapped).submit(); });
  Launch elsewhere(kernel);  // the engine of the launch has priority
  std::uint64_t ticket = 0;
  const hal_status_t status = elsewhere.mem(mapped).engine(HAL_ENGINE_AIV).submit(&ticket);
  if (never_has(status)) return;
  ASSERT_TRUE(ok(status));
  wait(ticket);
  EXPECT_EQ(*mapped.host<std::uint64_t>(), 0xa1c9U);
}

class Descriptors : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Executable executable(device_, object("basics"));
    const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
    Launch launch(executable["report_descriptors"]);
    for (int i = 0; i < 3; ++i) launch.tensor(out, HAL_DTYPE_U8, {512});
    skip_unless_run(launch.convention(HAL_CONVENTION_ARGS_DESCRIPTORS));
  }
};

TEST_F(Descriptors, HaveTheEcosystemsExactLayout) {
  static_assert(offsetof(HalTensorDescriptor, dtype) == 40 && offsetof(HalTensorDescriptor, shape) == 44 &&
                offsetof(HalTensorDescriptor, extent) == 64 && offsetof(HalTensorDescriptor, strides) == 72 &&
                offsetof(HalTensorDescriptor, padding) == 92);
  const Executable executable(device_, object("basics"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Memory data = allocate(HAL_MEM_DEVICE, kPage);
  run(Launch(executable["report_descriptors"])
          .tensor(out, HAL_DTYPE_U8, {512})
          .tensor(data, HAL_DTYPE_F32, {3, 4}, {8, 1}, 256)
          .tensor(data, HAL_DTYPE_I16, {2, 3, 4, 5, 6})
          .convention(HAL_CONVENTION_ARGS_DESCRIPTORS));
  const auto *got = out.host<HalTensorDescriptor>();
  const auto *addresses = reinterpret_cast<const std::uint64_t *>(out.host<std::uint8_t>() + 384);
  struct Expected {
    std::uint64_t start;
    std::uint32_t rank;
    std::uint8_t dtype, contiguous;
    std::uint32_t shape[5], strides[5];
    std::uint64_t extent;
  };
  const Expected expected[] = {{out.address(), 1, HAL_DTYPE_U8, 1, {512}, {1}, 512},
                               {data.address() + 256, 2, HAL_DTYPE_F32, 0, {3, 4}, {8, 1}, 20},
                               {data.address(), 5, HAL_DTYPE_I16, 1, {2, 3, 4, 5, 6}, {360, 120, 30, 6, 1}, 720}};
  const std::uint64_t element[] = {1, 4, 2};
  for (int i = 0; i < 3; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(addresses[i] % 64, 0U) << "64-byte aligned";
    EXPECT_EQ(got[i].address + got[i].start_offset * element[i], expected[i].start);
    EXPECT_GE(got[i].size_bytes, expected[i].extent * element[i]);
    EXPECT_EQ(got[i].owner, UINT64_MAX) << "external";
    EXPECT_EQ(got[i].rank, expected[i].rank);
    EXPECT_EQ(got[i].dtype, expected[i].dtype);
    EXPECT_EQ(got[i].contiguous, expected[i].contiguous);
    EXPECT_EQ(got[i].space, 1);
    EXPECT_EQ(got[i].extent, expected[i].extent);
    for (int d = 0; d < 5; ++d) {
      EXPECT_EQ(got[i].shape[d], expected[i].shape[d]) << "dimension " << d;
      EXPECT_EQ(got[i].strides[d], expected[i].strides[d]) << "dimension " << d;
    }
    for (const std::uint8_t byte : got[i].padding) EXPECT_EQ(byte, 0);
  }
}

class CParameters : public Conformance {
 protected:
  void SetUp() override {
    Conformance::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Executable executable(device_, object("c-words"));
    skip_unless_run(Launch(executable["c_nothing"]).convention(HAL_CONVENTION_C));
  }
};

TEST_F(CParameters, ArriveForEveryType) {
  const Executable executable(device_, object("c-words"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  run(Launch(executable["c_every_dtype"])
          .mem(out)
          .scalar(-1.5F)
          .scalar(std::int32_t{-70'000})
          .scalar(std::int16_t{-300})
          .scalar(std::int8_t{-5})
          .scalar(std::uint8_t{250})
          .scalar(std::int64_t{-5'000'000'000})
          .scalar(std::uint64_t{18'000'000'000'000'000'000U})
          .scalar(std::uint16_t{65'000})
          .scalar(std::uint32_t{4'000'000'000})
          .scalar(true)
          .convention(HAL_CONVENTION_C));
  const std::int64_t expected[] = {
      0xbfc00000, -70'000,       -300, -5, 250, -5'000'000'000, static_cast<std::int64_t>(18'000'000'000'000'000'000U),
      65'000,     4'000'000'000, 1};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(out.host<std::int64_t>()[i], expected[i]) << "parameter " << i + 1;
}

TEST_F(CParameters, MayBeMoreThanThereAreRegisters) {
  const Executable executable(device_, object("c-words"));
  const Memory out = allocate(HAL_MEM_HOST_MAPPED, kPage);
  const Memory in = allocate(HAL_MEM_HOST_MAPPED, 64);
  *in.host<float>() = 21;
  run(Launch(executable["c_many"])
          .mem(out)
          .scalar(1.0F)
          .scalar(std::int32_t{-2})
          .scalar(3.0F)
          .scalar(std::int64_t{-4})
          .scalar(5.0F)
          .scalar(std::uint16_t{6})
          .scalar(7.0F)
          .scalar(std::int8_t{-8})
          .scalar(9.0F)
          .scalar(std::int32_t{-10})
          .scalar(11.0F)
          .scalar(std::int64_t{-12})
          .scalar(13.0F)
          .scalar(std::int32_t{-14})
          .scalar(15.0F)
          .scalar(std::int16_t{-16})
          .scalar(17.0F)
          .scalar(std::int32_t{-18})
          .scalar(19.0F)
          .scalar(std::uint8_t{20})
          .mem(in)
          .scalar(22.0F)
          .convention(HAL_CONVENTION_C));
  const double expected[] = {1, -2, 3, -4, 5, 6, 7, -8, 9, -10, 11, -12, 13, -14, 15, -16, 17, -18, 19, 20, 21, 22};
  for (int i = 0; i < 22; ++i) EXPECT_EQ(out.host<double>()[i], expected[i]) << "parameter " << i + 1;
}

TEST_F(CParameters, MayBeNone) {
  const Executable executable(device_, object("c-words"));
  run(Launch(executable["c_nothing"]).convention(HAL_CONVENTION_C).blocks(3));
}

}  // namespace
}  // namespace hal::conformance
