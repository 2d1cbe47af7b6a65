// SPDX-License-Identifier: Apache-2.0
#include "error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace hal::core {
namespace {

TEST(ErrorInfo, CarriesFunctionMessageAndHint) {
  const ApiScope scope("hal_outer");
  {
    const ApiScope inner("hal_inner");
    EXPECT_EQ(fail(HAL_ERR_BUSY, "it is busy", "wait"), HAL_ERR_BUSY);
  }
  EXPECT_STREQ(last_error().function, "hal_outer") << "the function that the user called";
  EXPECT_STREQ(last_error().component, "core");
  EXPECT_STREQ(last_error().message, "it is busy");
  EXPECT_STREQ(last_error().hint, "wait");
}

TEST(ErrorInfo, MessagesEndAtOneKibibyte) {
  fail(HAL_ERR_BUSY, std::string(5000, 'x'));
  EXPECT_EQ(std::string(last_error().message).size(), kErrorTextBytes - 1);
}

TEST(ErrorInfo, ErrnoComesWithItsDomainAndText) {
  fail_errno(HAL_ERR_NOT_FOUND, ENOENT, "file x");
  EXPECT_EQ(last_error().native_code, ENOENT);
  EXPECT_STREQ(last_error().domain, "errno");
  EXPECT_STREQ(last_error().message, "file x: No such file or directory");
  fail(HAL_ERR_BUSY, "next");
  EXPECT_EQ(last_error().native_code, 0) << "nothing of an earlier failure stays";
  EXPECT_STREQ(last_error().domain, "");
}

TEST(ErrorInfo, AStagedStoryIsTheFailureOnlyIfTheOperationFails) {
  fail(HAL_ERR_BUSY, "before");
  stage_error(12, "rt", "the plugin's words", "its hint");
  EXPECT_STREQ(last_error().message, "before");
  EXPECT_EQ(fail_staged("a5-sim", HAL_ERR_TIMEOUT, "unused", ""), HAL_ERR_TIMEOUT);
  EXPECT_STREQ(last_error().message, "the plugin's words");
  EXPECT_STREQ(last_error().component, "a5-sim");
  EXPECT_EQ(last_error().native_code, 12);
  fail_staged("a5-sim", HAL_ERR_TIMEOUT, "no story this time", "");
  EXPECT_STREQ(last_error().message, "no story this time");

  {
    const ApiScope scope("hal_one");
    stage_error(1, "rt", "left over", "");
  }
  const ApiScope scope("hal_two");
  EXPECT_FALSE(has_staged_error()) << "a story does not outlive its public call";
}

TEST(ErrorInfo, QuietFailuresLeaveNothing) {
  fail(HAL_ERR_BUSY, "kept");
  {
    const QuietErrors quiet;
    EXPECT_EQ(fail(HAL_ERR_TIMEOUT, "lost"), HAL_ERR_TIMEOUT);
    EXPECT_EQ(fail_staged("x", HAL_ERR_TIMEOUT, "lost", ""), HAL_ERR_TIMEOUT);
  }
  EXPECT_STREQ(last_error().message, "kept");
}

}  // namespace
}  // namespace hal::core
