// SPDX-License-Identifier: Apache-2.0
//
// Timeouts, the argument words of a launch, errors of the vendor, signals, and the checks before a registration.
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "fake_host.hpp"
#include "hal/hal.h"
#include "onboard/import_checks.hpp"
#include "onboard/launch.hpp"
#include "onboard/library.hpp"
#include "onboard/native_errors.hpp"
#include "onboard/timeout.hpp"
#include "onboard/vendor_error.hpp"

namespace hal::onboard {
namespace {

TEST(Timeouts, AreRoundedUpNeverZeroAndBounded) {
  EXPECT_EQ(wait_ms(0), 1) << "the vendor does not document 0";
  EXPECT_EQ(wait_ms(1), 1);
  EXPECT_EQ(wait_ms(999'999), 1);
  EXPECT_EQ(wait_ms(1'000'000), 1);
  EXPECT_EQ(wait_ms(1'000'001), 2);
  EXPECT_EQ(wait_ms(std::uint64_t{INT32_MAX} * 1'000'000), INT32_MAX);
  EXPECT_EQ(wait_ms(std::uint64_t{INT32_MAX} * 1'000'000 + 1), INT32_MAX);
  EXPECT_EQ(wait_ms(UINT64_MAX - 1), INT32_MAX);
  EXPECT_EQ(wait_ms(HAL_TIMEOUT_FOREVER), -1);
  EXPECT_EQ(launch_us(1), 1U);
  EXPECT_EQ(launch_us(1000), 1U);
  EXPECT_EQ(launch_us(1001), 2U);
  EXPECT_EQ(launch_us(UINT64_MAX - 1), UINT64_MAX / 1000 + 1);
}

struct Arguments {
  hal_arg_t args[48] = {};
  std::uint64_t words[48] = {};
  std::uint64_t sizes[48] = {};
  hal_launch_v1_t launch = {};

  Arguments(hal_convention_t convention, std::uint32_t tensors, std::uint32_t scalars) {
    launch.struct_size = sizeof launch;
    launch.convention = convention;
    launch.arg_count = tensors + scalars;
    launch.args = args;
    launch.words = words;
    launch.sizes_bytes = sizes;
    for (std::uint32_t i = 0; i < launch.arg_count; ++i) {
      args[i].type = i < tensors ? HAL_ARG_MEM : HAL_ARG_SCALAR;
      words[i] = 0x1000 + i;
      sizes[i] = i < tensors ? 64 + i : 0;
    }
  }
};

std::uint64_t word_at(HostArguments &arguments, std::size_t offset) {
  std::uint64_t word = 0;
  std::memcpy(&word, arguments.data() + offset, sizeof word);
  return word;
}

TEST(LaunchWords, OfAnArrayFollowOneParameterThatTheRuntimeFills) {
  const Arguments given(HAL_CONVENTION_ARGS_ARRAY, 3, 2);
  HostArguments packed(given.launch);
  ASSERT_EQ(packed.place_holder_count(), 1U);
  EXPECT_EQ(packed.place_holders()[0].address_offset, 0U);
  EXPECT_EQ(packed.place_holders()[0].data_offset, 64U);
  EXPECT_EQ(packed.size(), 64U + 48 * 8);
  for (std::size_t i = 0; i < 48; ++i) EXPECT_EQ(word_at(packed, 64 + 8 * i), i < 5 ? 0x1000 + i : 0) << i;
}

TEST(LaunchWords, OfDescriptorsAreFilledWithTheirAddresses) {
  const Arguments given(HAL_CONVENTION_ARGS_DESCRIPTORS, 12, 4);
  HostArguments packed(given.launch);
  ASSERT_EQ(packed.place_holder_count(), 13U);
  EXPECT_LE(packed.size(), 2048U);
  for (std::size_t i = 0; i < 12; ++i) {
    const PlaceHolder &holder = packed.place_holders()[1 + i];
    EXPECT_EQ(holder.address_offset, 64 + 8 * i);
    EXPECT_EQ(holder.data_offset % 64, 0U);
    HalTensorDescriptor descriptor = {};
    std::memcpy(&descriptor, packed.data() + holder.data_offset, sizeof descriptor);
    EXPECT_EQ(descriptor.address, 0x1000 + i);
    EXPECT_EQ(descriptor.size_bytes, 64 + i);
  }
  EXPECT_EQ(word_at(packed, 64 + 8 * 12), 0x1000U + 12) << "scalars are passed unchanged";
}

TEST(LaunchWords, RefuseMoreDescriptorsThanTheVendorsBufferHolds) {
  const Arguments given(HAL_CONVENTION_ARGS_DESCRIPTORS, 13, 0);
  try {
    const HostArguments packed(given.launch);
    FAIL() << "13 descriptors were accepted";
  } catch (const plugin::Failure &failure) {
    EXPECT_EQ(failure.status(), HAL_ERR_UNSUPPORTED);
    EXPECT_NE(std::string(failure.what()).find("the limit of 12"), std::string::npos);
  }
}

TEST(LaunchWords, OfConventionCAreParametersAndTheSizeIsNeverZero) {
  const Arguments given(HAL_CONVENTION_C, 2, 1);
  HostArguments packed(given.launch);
  EXPECT_EQ(packed.size(), 24U);
  EXPECT_EQ(packed.place_holders(), nullptr);
  EXPECT_EQ(packed.place_holder_count(), 0U);
  EXPECT_EQ(word_at(packed, 16), 0x1002U);
  const Arguments nothing(HAL_CONVENTION_C, 0, 0);
  HostArguments empty(nothing.launch);
  EXPECT_EQ(empty.size(), 8U) << "the vendor does not accept size 0";
  EXPECT_EQ(word_at(empty, 0), 0U);
}

const char *message_ = nullptr;
const char *recent_error() {
  const char *text = message_;
  message_ = nullptr;
  return text;
}

TEST(VendorFailure, NamesCallValuesCodeCauseAndTheRuntimesMessageOnce) {
  VendorApi api;
  api.family = "acl";
  api.recent_error = &recent_error;
  message_ = "EE9999: Inner Error!\n\tTraceBack (most recent call last):\r\n  the pool is empty";
  const plugin::Failure failure = vendor_failure(api, "aclrtMalloc", "4096 bytes", 207001);
  const std::string text = failure.what();
  EXPECT_EQ(failure.status(), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_TRUE(text.starts_with("aclrtMalloc(4096 bytes) returned 207001: ")) << text;
  EXPECT_NE(text.find("the runtime reports: EE9999: Inner Error! TraceBack (most recent call last): the pool is empty"),
            std::string::npos)
      << text;
  EXPECT_EQ(message_, nullptr) << "reading the message clears it";
  EXPECT_EQ(std::string(vendor_failure(api, "f", "", 207001).what()).find("the runtime reports"), std::string::npos);
}

TEST(VendorFailure, WithAnUnknownCodeIsInternalAndNamesTheCode) {
  VendorApi api;
  api.family = "rt";
  const plugin::Failure failure = vendor_failure(api, "rtMalloc", "1 bytes", 424242);
  EXPECT_EQ(failure.status(), HAL_ERR_INTERNAL);
  EXPECT_NE(std::string(failure.what()).find("424242: a code that libhal does not know"), std::string::npos);
}

TEST(VendorFailure, EachCodeHasTheStatusOfItsMeaning) {
  for (const int code : {507014, 507034}) EXPECT_EQ(status_of(code), HAL_ERR_KERNEL_TIMEOUT) << code;
  for (const int code : {507015, 507035}) EXPECT_EQ(status_of(code), HAL_ERR_KERNEL_FAULT) << code;
  for (const int code : {507046, 507047, 107019}) EXPECT_EQ(status_of(code), HAL_ERR_TIMEOUT) << code;
  for (const int code : {207000, 200001, 200006}) EXPECT_EQ(status_of(code), HAL_ERR_UNSUPPORTED) << code;
  for (const int code : {100000, 107000}) EXPECT_EQ(status_of(code), HAL_ERR_INVALID_ARGUMENT) << code;
  EXPECT_EQ(status_of(507910), HAL_ERR_ALREADY_EXISTS);
  for (const int code : {507014, 507015, 507034, 507035, 507053}) EXPECT_TRUE(ends_device(code)) << code;
  for (const int code : {507046, 207001, 100000, 107002}) EXPECT_FALSE(ends_device(code)) << code;
}

TEST(VendorFailure, ReportsAReadOrAWriteIfTheCodeDoes) {
  VendorApi api;
  api.family = "acl";
  const auto access_of = [&](int code) {
    const plugin::Failure failure = vendor_failure(api, "f", "", code);
    return failure.kernel_fault() ? failure.kernel_fault()->access : 0;
  };
  for (const int code : {507042, 507044}) EXPECT_EQ(access_of(code), HAL_FAULT_READ) << code;
  for (const int code : {507043, 507045}) EXPECT_EQ(access_of(code), HAL_FAULT_WRITE) << code;
  for (const int code : {507015, 507034, 507035, 507018, 207001}) EXPECT_EQ(access_of(code), 0U) << code;
}

// The texts in native_errors.def also name the core, so the two lists are compared.
TEST(VendorFailure, KnowsTheCodesOfTheCoresThatRunKernels) {
  for (const NativeError &error : native_errors()) {
    const std::string_view cause = error.cause;
    const bool is_of_a_kernel = error.status == HAL_ERR_KERNEL_FAULT || error.status == HAL_ERR_KERNEL_TIMEOUT;
    const bool says_core = cause.starts_with("an AICore kernel") || cause.starts_with("a vector");
    EXPECT_EQ(is_of_a_core(error.code), is_of_a_kernel && says_core) << error.code << ": " << cause;
  }
}

TEST(OneLine, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line("  a \n\t b\x01 ", 100), "a b");
  EXPECT_EQ(one_line("", 10), "");
  EXPECT_EQ(one_line("abcdef", 3), "abc");
  EXPECT_EQ(one_line("ab\xe5\x86\x85x", 5), "ab\xe5\x86\x85");
  EXPECT_EQ(one_line("ab\xe5\x86\x85x", 4), "ab") << "a cut character is removed";
  EXPECT_EQ(one_line("ab\xe5\x86\x85x", 3), "ab");
  EXPECT_EQ(one_line("\xe5\x86\x85\xe5\x86\x85", 3), "\xe5\x86\x85");
  EXPECT_EQ(one_line("a\xf0\x9f\x98\x80x", 4), "a");
}

void handler(int) {}
void other_handler(int) {}

TEST(Signals, ThatWereChangedAreRestored) {
  struct sigaction mine = {};
  mine.sa_handler = &handler;
  sigaddset(&mine.sa_mask, SIGUSR2);
  ASSERT_EQ(sigaction(SIGUSR1, &mine, nullptr), 0);
  {
    const SignalKeeper keeper;
    struct sigaction theirs = {};
    theirs.sa_handler = &other_handler;
    ASSERT_EQ(sigaction(SIGUSR1, &theirs, nullptr), 0);
    ASSERT_EQ(sigaction(SIGRTMIN + 1, &theirs, nullptr), 0);
  }
  struct sigaction now = {};
  ASSERT_EQ(sigaction(SIGUSR1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, &handler);
  EXPECT_EQ(sigismember(&now.sa_mask, SIGUSR2), 1);
  ASSERT_EQ(sigaction(SIGRTMIN + 1, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
}

TEST(ImportChecks, KnowWhichKernelsCanRegisterTheCallersMemory) {
  for (const char *release : {"5.10", "5.10.0-60.18.0.50.oe2203", "4.19.90", "5.4.0", "", "unknown"})
    EXPECT_FALSE(kernel_takes_pageable(release)) << release;
  for (const char *release : {"5.11.0", "5.15.0-100-generic", "6.1.0-18-amd64", "6.18.0", "10.0"})
    EXPECT_TRUE(kernel_takes_pageable(release)) << release;
}

hal_status_t verdict(const char *release, LockLimit limit, std::uint64_t locked, std::uint64_t size) {
  try {
    check_import(release, limit, locked, size);
    return HAL_OK;
  } catch (const plugin::Failure &failure) {
    return failure.status();
  }
}

TEST(ImportChecks, RefuseOldKernelsAndMoreThanTheLockLimit) {
  EXPECT_EQ(verdict("5.10.0", {UINT64_MAX, true}, 0, 4096), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(verdict("6.1.0", {65536, false}, 0, 65536), HAL_OK);
  EXPECT_EQ(verdict("6.1.0", {65536, false}, 4096, 65536), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(verdict("6.1.0", {65536, false}, 131072, 4096), HAL_ERR_OUT_OF_MEMORY);
  EXPECT_EQ(verdict("6.1.0", {65536, true}, 4096, 65536), HAL_OK) << "the limit does not apply to this process";
  EXPECT_EQ(verdict("6.1.0", {UINT64_MAX, false}, UINT64_MAX / 2, UINT64_MAX / 2), HAL_OK);
}

}  // namespace
}  // namespace hal::onboard
