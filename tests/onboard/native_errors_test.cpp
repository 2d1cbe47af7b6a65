// SPDX-License-Identifier: Apache-2.0
#include "onboard/native_errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

namespace hal::onboard {
namespace {

// Every published code of the vendor that a runtime call, a copy, a launch or a wait returns.
constexpr std::int64_t kKnown[] = {
    100000, 100001, 100002, 100003, 100024, 100025, 100029, 100037, 100039, 107000, 107001, 107002, 107003,
    107008, 107009, 107016, 107017, 107018, 107019, 107020, 107022, 107023, 200000, 200001, 200003, 200006,
    207000, 207001, 207002, 207003, 207004, 207005, 207006, 207007, 207008, 207012, 207016, 207018, 207020,
    500000, 500001, 500002, 500003, 500004, 500005, 507000, 507001, 507007, 507008, 507010, 507011, 507014,
    507015, 507016, 507017, 507018, 507024, 507027, 507028, 507033, 507034, 507035, 507036, 507046, 507047,
    507053, 507054, 507055, 507056, 507057, 507899, 507910, 507911};

hal_status_t status_of(std::int64_t code) {
  const NativeError *error = find_native_error(code);
  return error != nullptr ? error->status : HAL_OK;
}

void expect_all(hal_status_t status, std::initializer_list<std::int64_t> codes) {
  for (const std::int64_t code : codes) EXPECT_EQ(status_of(code), status) << code;
}

TEST(NativeErrorsTest, TheTableHasEveryKnownCode) {
  for (const std::int64_t code : kKnown) {
    const NativeError *error = find_native_error(code);
    ASSERT_NE(error, nullptr) << code;
    EXPECT_EQ(error->code, code);
  }
}

TEST(NativeErrorsTest, UnknownCodesAreNotExplained) {
  for (const std::int64_t code : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{99999},
                                  std::int64_t{507898}, std::int64_t{999999}, INT64_MAX})
    EXPECT_EQ(find_native_error(code), nullptr) << code;
}

TEST(NativeErrorsTest, EntriesAreSortedAndEachFindsItself) {
  EXPECT_TRUE(std::ranges::is_sorted(native_errors(), std::ranges::less{}, &NativeError::code));
  for (const NativeError &error : native_errors()) EXPECT_EQ(find_native_error(error.code), &error) << error.code;
}

TEST(NativeErrorsTest, EveryEntryIsAnErrorWithACauseAndAHintWithinTheLimit) {
  for (const NativeError &error : native_errors()) {
    EXPECT_LT(error.status, HAL_OK) << error.code;
    for (const std::string_view text : {std::string_view(error.cause), std::string_view(error.hint)}) {
      EXPECT_FALSE(text.empty()) << error.code;
      EXPECT_LE(text.size(), kMaxNativeTextBytes) << error.code;
      EXPECT_EQ(text.find('\n'), std::string_view::npos) << error.code;
      EXPECT_NE(text.back(), '.') << error.code;
    }
  }
}

TEST(NativeErrorsTest, CodesWithOneMeaningHaveOneStatus) {
  expect_all(HAL_ERR_UNSUPPORTED, {200001, 200006, 207000});
  expect_all(HAL_ERR_INVALID_ARGUMENT, {100000, 107000, 107008, 107016, 107017, 107018, 200003, 507911});
  expect_all(HAL_ERR_TIMEOUT, {107019, 207020, 507046, 507047});
  expect_all(HAL_ERR_KERNEL_TIMEOUT, {107020, 507014, 507017, 507034});
  expect_all(HAL_ERR_KERNEL_FAULT, {507015, 507016, 507018, 507035, 507036});
  expect_all(HAL_ERR_DEVICE_LOST, {507010, 507053, 507054, 507055, 507057, 507901});
  expect_all(HAL_ERR_OUT_OF_MEMORY, {200000, 207001, 207005, 207007, 207008, 207018});
  expect_all(HAL_ERR_PERMISSION_DENIED, {207006});
  expect_all(HAL_ERR_UNAVAILABLE, {100039, 207004, 507033});
  expect_all(HAL_ERR_ALREADY_EXISTS, {100002, 507028, 507910});
}

TEST(NativeErrorsTest, CodesWithManyCausesNameTheUsualOne) {
  EXPECT_NE(std::strstr(find_native_error(507899)->cause, "registered already"), nullptr);
  EXPECT_NE(std::strstr(find_native_error(507033)->cause, "the reason is unknown"), nullptr);
}

TEST(NativeErrorsTest, OnlyTheTwoFamiliesAreExplained) {
  for (const auto &[asked, answered] : {std::pair{"", "acl"}, std::pair{"acl", "acl"}, std::pair{"rt", "rt"}}) {
    hal_native_error_v1_t out = {};
    ASSERT_TRUE(explain_native(asked, 207001, out)) << asked;
    EXPECT_EQ(out.status, HAL_ERR_OUT_OF_MEMORY);
    EXPECT_STREQ(out.domain, answered);
    EXPECT_STREQ(out.cause, find_native_error(207001)->cause);
  }
  hal_native_error_v1_t out = {};
  EXPECT_FALSE(explain_native("driver", 207001, out)) << "the driver's numbers have other meanings";
  EXPECT_FALSE(explain_native("acl", 1, out));
  EXPECT_EQ(out.cause, nullptr);
}

}  // namespace
}  // namespace hal::onboard
