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

class Permissions : public Loader {
 protected:
  // In <root>/above/between/own. Only the owner of the directories may write them.
  fs::path add_deep(const std::string &backend) {
    const fs::path added = machine.add_plugin(backend, "above/between/own");
    for (const char *folder : {"", "above", "above/between", "above/between/own"})
      fs::permissions(machine.root() / folder, fs::perms(0755));
    setenv("HAL_PLUGIN_PATH", added.parent_path().c_str(), 1);
    return added;
  }
  fs::path above() const { return machine.root() / "above"; }

  std::string status_of_place(const fs::path &directory) {
    scan();
    std::uint32_t count = 0;
    EXPECT_EQ(hal_search_path_count(&count), HAL_OK);
    for (std::uint32_t i = 0; i < count; ++i) {
      hal_search_path_info_t info = {};
      info.struct_size = sizeof(info);
      EXPECT_EQ(hal_search_path_info(i, &info), HAL_OK);
      if (info.path == directory.string()) return info.status;
    }
    return "not searched";
  }
};

TEST_F(Permissions, APluginIsRefusedIfEveryoneMayReplaceADirectoryAboveIt) {
  const fs::path good = add_deep("fake-sim");
  EXPECT_EQ(status_of_place(good.parent_path()), "ok");
  fs::permissions(above(), fs::perms(0777));
  const Found found = inspect(good);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(found.reason, "untrusted_path");
  EXPECT_TRUE(contains(found.detail, above().string() + " on the way to it (owner")) << found.detail;
  EXPECT_EQ(status_of_place(good.parent_path()), "untrusted");
  EXPECT_EQ(errors.size(), 1u);
}

TEST_F(Permissions, OneWarningSaysThatAGroupMayWriteADirectoryAbovePlugins) {
  const fs::path first = add_deep("fake-sim");
  const fs::path second = add_deep("fake-npu");
  fs::permissions(above(), fs::perms(0775));
  for (const fs::path &plugin : {first, second}) {
    const Found found = probe(plugin);
    EXPECT_EQ(found.status, HAL_CANDIDATE_USABLE) << found.detail;
    EXPECT_TRUE(contains(found.detail, "untrusted: a group may write the directory " + above().string()))
        << found.detail;
  }
  EXPECT_EQ(warnings.size(), 1u);
}

// What a name can do to a terminal or to a log file.
constexpr const char *kHostile =
    "\x1B]0;owned\a\n[libhal] [error] [core] forged \xC2\x9B"
    "2J\xFF";
constexpr const char *kShown = "\\x1b]0;owned\\x07\\x0a[libhal] [error] [core] forged \\xc2\\x9b2J\\xff";

TEST_F(Loader, ShowsTheNameOfAHostileFileEscaped) {
  const fs::path file = machine.add_text(kHostile);
  const Found found = inspect(file);
  EXPECT_EQ(found.name, kShown);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(contains(errors[0], kShown)) << errors[0];
  EXPECT_FALSE(contains(errors[0], "\x1B")) << errors[0];
  EXPECT_NE(hal_candidate_explain_native(index_of(file), "", 1, nullptr), HAL_OK);
}

TEST_F(Loader, ShowsAHostileVariableEscaped) {
  setenv("HAL_BACKEND", kHostile, 1);
  hal_backend_t backend = nullptr;
  hal_status_t status = hal_init(HAL_ABI_DRAFT);
  if (status == HAL_OK) {
    status = hal_backend_select(nullptr, &backend);
    EXPECT_NE(status, HAL_OK);
    EXPECT_TRUE(contains(last_message(), kShown)) << last_message();
    EXPECT_FALSE(contains(last_message(), "\x1B"));
    EXPECT_EQ(hal_shutdown(), HAL_OK);
  } else {
    EXPECT_TRUE(contains(last_message(), kShown)) << last_message();
    EXPECT_FALSE(contains(last_message(), "\x1B"));
  }
}

}  // namespace
}  // namespace hal::test
