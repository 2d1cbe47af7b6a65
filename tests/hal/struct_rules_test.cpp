// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/struct_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hal::core {
namespace {

struct Known {
  std::uint32_t struct_size;
  std::uint32_t value;
};

struct Newer {
  Known known;
  std::uint64_t future;
};

const Known *as_known(const Newer &newer) { return &newer.known; }

TEST(StructRules, AStructSmallerThanItsFirstVersionIsRefused) {
  const Known given = {4, 7};
  Known ours = {};
  EXPECT_EQ(read_struct(&given, ours, "desc"), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_EQ(read_struct<Known>(nullptr, ours, "desc"), HAL_ERR_INVALID_ARGUMENT);
}

TEST(StructRules, AnUnsetSizeIsRefusedWithoutReadingThatManyBytes) {
  const Known given = {0xDEADBEEF, 7};
  Known ours = {};
  EXPECT_EQ(read_struct(&given, ours, "desc"), HAL_ERR_INVALID_ARGUMENT);
}

TEST(StructRules, ALargerStructIsReadIfItsTailIsZero) {
  Newer given = {{sizeof(Newer), 7}, 0};
  Known ours = {};
  EXPECT_EQ(read_struct(as_known(given), ours, "desc"), HAL_OK);
  EXPECT_EQ(ours.value, 7u);
  given.future = std::uint64_t{1} << 8;
  EXPECT_EQ(read_struct(as_known(given), ours, "desc"), HAL_ERR_UNSUPPORTED);
  EXPECT_NE(std::string(last_error().message).find("offset 9"), std::string::npos) << last_error().message;
}

TEST(StructRules, AnAnswerIsFilledUpToTheSmallerSizeAndKeepsTheCallersSize) {
  Newer theirs = {{sizeof(Newer), 0}, 99};
  EXPECT_EQ(write_struct(&theirs.known, Known{sizeof(Known), 5}, "info"), HAL_OK);
  EXPECT_EQ(theirs.known.struct_size, sizeof(Newer));
  EXPECT_EQ(theirs.known.value, 5u);
  EXPECT_EQ(theirs.future, 99u);
}

}  // namespace
}  // namespace hal::core
