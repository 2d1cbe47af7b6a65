// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class Ownership : public Loader {
 protected:
  void SetUp() override {
    Loader::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "only root can change the owner of a file";
  }
};

TEST_F(Ownership, OfAFileByAnotherUserCausesAWarningNotARefusal) {
  const fs::path good = machine.add_good_plugin();
  ASSERT_EQ(::chown(good.c_str(), kNobody, kNobody), 0);
  const Found found = probe(good);
  EXPECT_EQ(found.status, HAL_CANDIDATE_USABLE);
  EXPECT_TRUE(contains(found.detail, "untrusted: the file belongs to neither root nor this user (owner 65534"))
      << found.detail;
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(Ownership, OfADirectoryByAnotherUserCausesAWarningNotARefusal) {
  const fs::path good = machine.add_plugin("fake-sim", "theirs");
  ASSERT_EQ(::chown(good.parent_path().c_str(), kNobody, kNobody), 0);
  setenv("HAL_PLUGIN_PATH", good.parent_path().c_str(), 1);
  const Found found = inspect(good);
  EXPECT_EQ(found.status, HAL_CANDIDATE_UNPROBED);
  EXPECT_TRUE(contains(found.detail, "untrusted: its directory")) << found.detail;
}

}  // namespace
}  // namespace hal::test
