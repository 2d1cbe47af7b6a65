// SPDX-License-Identifier: Apache-2.0
#include "backends/trust.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "diagnostics/log.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

TEST(Trust, ADirectoryThatCannotBeInspectedIsRefusedWithTheCauseAndWithoutAnOwner) {
  struct stat roots_file = {};
  roots_file.st_mode = S_IFREG | 0755;
  const Trust trust = judge_file(roots_file, "/nowhere/libhal-x.so", true);
  EXPECT_TRUE(trust.refused);
  EXPECT_NE(trust.doubt.find("/nowhere cannot be inspected: No such file or directory"), std::string::npos)
      << trust.doubt;
  EXPECT_EQ(trust.doubt.find("mode"), std::string::npos) << trust.doubt;
}

// The file <root>/top/middle/own/file, which only its owner may write.
class TrustedFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "libhal-trust-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = fs::canonical(pattern);
    fs::create_directories(own());
    std::ofstream(file()) << "x";
    for (const fs::path &path : {root_, top(), middle(), own(), file()}) set_mode(path, 0755);
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path top() const { return root_ / "top"; }
  fs::path middle() const { return top() / "middle"; }
  fs::path own() const { return middle() / "own"; }
  fs::path file() const { return own() / "file"; }

  static void set_mode(const fs::path &path, unsigned mode) { fs::permissions(path, fs::perms(mode)); }
  static bool is_root() { return ::geteuid() == 0; }
  static void give_away(const fs::path &path) { ASSERT_EQ(::lchown(path.c_str(), kNobody, kNobody), 0); }

  static Trust judge(const fs::path &path, bool elevated = false) {
    struct stat info = {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return judge_file(info, path, elevated);
  }
  Trust judge() const { return judge(file()); }

  // All that libhal says about the file: neither with nor without elevated privileges may it be used.
  void expect_refused(const fs::path &path, const std::string &part) const {
    for (const bool elevated : {false, true}) {
      const Trust trust = judge(path, elevated);
      EXPECT_TRUE(trust.refused) << part << " " << elevated;
      if (!elevated) {
        EXPECT_NE(trust.doubt.find(part), std::string::npos) << trust.doubt;
      }
    }
  }
  // It may be used without elevated privileges only.
  void expect_doubted(const fs::path &path, const std::string &part) const {
    const Trust trust = judge(path);
    EXPECT_FALSE(trust.refused) << trust.doubt;
    EXPECT_TRUE(trust.doubt.starts_with("untrusted: ")) << trust.doubt;
    EXPECT_NE(trust.doubt.find(part), std::string::npos) << trust.doubt;
    EXPECT_TRUE(judge(path, true).refused) << part;
  }
  void expect_trusted(const fs::path &path) const {
    EXPECT_EQ(judge(path).doubt, "");
    if (is_root()) {
      EXPECT_FALSE(judge(path, true).refused) << judge(path, true).doubt;
    }
  }

  fs::path root_;
};

TEST_F(TrustedFile, IsUsedIfOnlyItsOwnerMayChangeIt) { expect_trusted(file()); }

TEST_F(TrustedFile, IsRefusedIfEveryoneMayWriteIt) {
  set_mode(file(), 0757);
  expect_refused(file(), "every user may write the file");
}

TEST_F(TrustedFile, IsRefusedIfEveryoneMayReplaceAnyDirectoryOnTheWay) {
  for (const fs::path &directory : {own(), middle(), top(), root_}) {
    set_mode(directory, 0757);
    expect_refused(file(), directory.string() + (directory == own() ? " (owner" : " on the way to it (owner"));
    EXPECT_TRUE(is_open_to_everyone(file()));
    EXPECT_TRUE(is_open_to_everyone(own()));
    set_mode(directory, 0755);
    EXPECT_FALSE(is_open_to_everyone(own()));
  }
}

TEST_F(TrustedFile, IsDoubtedIfAGroupMayWriteItOrAnyDirectoryOnTheWay) {
  for (const fs::path &path : {file(), own(), middle(), top(), root_}) {
    set_mode(path, 0775);
    expect_doubted(file(), path == file() ? "a group may write the file" : path.string());
    set_mode(path, 0755);
  }
}

TEST_F(TrustedFile, IsDoubtedIfItOrAnyDirectoryOnTheWayBelongsToSomebodyElse) {
  if (!is_root()) GTEST_SKIP() << "only root gives files away";
  for (const fs::path &path : {file(), own(), middle(), top()}) {
    give_away(path);
    expect_doubted(file(),
                   path == file() ? "the file belongs to neither root nor this user (owner 65534" : path.string());
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
}

TEST_F(TrustedFile, MayLieBelowAStickyDirectoryButNotInOne) {
  for (const unsigned mode : {01777u, 01775u}) {
    set_mode(middle(), mode);
    expect_trusted(file());
    set_mode(middle(), 0755);
    set_mode(own(), mode);
    expect_doubted(file(), own().string());
    set_mode(own(), 0755);
  }
}

TEST_F(TrustedFile, IsJudgedByEveryDirectoryThatALinkLeadsThrough) {
  fs::create_directories(root_ / "open");
  fs::create_symlink("../top/middle/own/file", root_ / "open" / "second");
  fs::create_symlink("open/second", root_ / "first");
  set_mode(root_ / "open", 0755);
  expect_trusted(root_ / "first");
  set_mode(root_ / "open", 0777);
  expect_refused(root_ / "first", (root_ / "open").string());
  set_mode(root_ / "open", 0755);
  set_mode(middle(), 0777);
  expect_refused(root_ / "first", middle().string());
}

TEST_F(TrustedFile, IsDoubtedIfALinkToItBelongsToSomebodyElse) {
  if (!is_root()) GTEST_SKIP() << "only root gives files away";
  set_mode(root_, 01777);
  fs::create_symlink(own(), root_ / "link");
  give_away(root_ / "link");
  expect_doubted(root_ / "link" / "file", "the link " + (root_ / "link").string());
}

TEST_F(TrustedFile, IsNamedOnceForEachDoubtedDirectory) {
  std::vector<std::string> warnings;
  set_log_callback([](void *user, hal_log_level_t, const char *,
                      const char *message) { static_cast<std::vector<std::string> *>(user)->emplace_back(message); },
                   &warnings);
  set_mode(top(), 0775);
  for (int i = 0; i < 2; ++i) warn_of_doubt(file(), judge());
  set_mode(top(), 0755);
  set_mode(middle(), 0775);
  warn_of_doubt(file(), judge());
  set_mode(middle(), 0777);
  warn_of_doubt(file(), judge());  // a refusal is an error, which is somebody else's to log
  set_log_callback(nullptr, nullptr);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_TRUE(warnings[0].starts_with(file().string() + ": untrusted: a group may write the directory "))
      << warnings[0];
}

}  // namespace
}  // namespace hal::core
