// SPDX-License-Identifier: Apache-2.0
#include "environment/backend_spec.hpp"

#include <gtest/gtest.h>

namespace hal::core {
namespace {

TEST(BackendSpec, EmptyAndAutoMeanHardware) {
  BackendSpec spec;
  EXPECT_EQ(parse_backend_spec("", spec), "");
  EXPECT_TRUE(spec.is_auto());
  EXPECT_EQ(parse_backend_spec("auto", spec), "");
  EXPECT_TRUE(spec.is_auto());
}

TEST(BackendSpec, NamesOrdinalsAndListsAreRead) {
  BackendSpec spec;
  ASSERT_EQ(parse_backend_spec("a5-onboard:3,a5-sim", spec), "");
  ASSERT_EQ(spec.names.size(), 2u);
  EXPECT_EQ(spec.names[0].name, "a5-onboard");
  EXPECT_EQ(spec.names[0].ordinal, 3u);
  EXPECT_EQ(spec.names[1].name, "a5-sim");
  EXPECT_FALSE(spec.names[1].ordinal.has_value());
}

TEST(BackendSpec, EverythingElseIsRefusedWithTheReason) {
  BackendSpec spec;
  for (const char *text : {":0", "a:", "a:b", "a:1x", "a:4294967295", "a:4294967296", "a: 1", "a,", ",a", "a,,b", "A",
                           "a b", "-a", "a-", "auto:1", "a,auto", "/lib/x.so", "a\n"})
    EXPECT_NE(parse_backend_spec(text, spec), "") << text;
}

}  // namespace
}  // namespace hal::core
