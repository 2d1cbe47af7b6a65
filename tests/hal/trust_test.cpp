// SPDX-License-Identifier: Apache-2.0
#include "backends/trust.hpp"

#include <gtest/gtest.h>

namespace hal::core {
namespace {

TEST(Trust, ADirectoryThatCannotBeInspectedIsRefusedWithTheCauseAndWithoutAnOwner) {
  struct stat roots_file = {};
  roots_file.st_mode = S_IFREG | 0755;
  const Trust trust = judge_plugin(roots_file, "/nowhere/libhal-x.so", "/nowhere/libhal-x.so", true);
  EXPECT_TRUE(trust.refused);
  EXPECT_NE(trust.doubt.find("/nowhere cannot be inspected: No such file or directory"), std::string::npos)
      << trust.doubt;
  EXPECT_EQ(trust.doubt.find("mode"), std::string::npos) << trust.doubt;
}

}  // namespace
}  // namespace hal::core
