// SPDX-License-Identifier: Apache-2.0
#include "onboard/library.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fake_host.hpp"
#include "onboard/options.hpp"

namespace hal::onboard {
namespace {

#if defined(__x86_64__)
const std::string kMachine = "x86_64-linux";
#else
const std::string kMachine = "aarch64-linux";
#endif

TEST(SearchOrder, StartsWithTheEnvironmentThenTheLinkerThenTheDefaults) {
  const Places places = {"", "/i", "/h", "/t", "/l1:/l2", "/home/u"};
  const std::vector<std::string> expected = {"/i/lib64",
                                             "/i/" + kMachine + "/lib64",
                                             "/h/lib64",
                                             "/h/" + kMachine + "/lib64",
                                             "/t/lib64",
                                             "/t/" + kMachine + "/lib64",
                                             "/l1",
                                             "/l2",
                                             "",
                                             "/home/u/Ascend/cann/lib64",
                                             "/home/u/Ascend/cann/" + kMachine + "/lib64",
                                             "/home/u/Ascend/ascend-toolkit/latest/lib64",
                                             "/home/u/Ascend/ascend-toolkit/latest/" + kMachine + "/lib64",
                                             "/usr/local/Ascend/cann/lib64",
                                             "/usr/local/Ascend/cann/" + kMachine + "/lib64",
                                             "/usr/local/Ascend/ascend-toolkit/latest/lib64",
                                             "/usr/local/Ascend/ascend-toolkit/latest/" + kMachine + "/lib64",
                                             "/opt/Ascend/cann/lib64",
                                             "/opt/Ascend/cann/" + kMachine + "/lib64"};
  EXPECT_EQ(search_directories(places), expected);
}

TEST(SearchOrder, UsesOnlyTheLibraryDirIfItIsSet) {
  EXPECT_EQ(search_directories({"/mine", "/i", "/h", "/t", "/l", "/home/u"}), std::vector<std::string>{"/mine"});
}

TEST(SearchOrder, HasEachDirectoryOnceAndSkipsRelativeOnes) {
  const std::vector<std::string> found = search_directories({"", "", "/h", "/h", "relative::/h/lib64:./x", ""});
  EXPECT_EQ(std::count(found.begin(), found.end(), "/h/lib64"), 1);
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const std::string &d) { return !d.empty() && d[0] != '/'; }),
            0);
}

TEST(Stub, IsRecognisedByItsDirectory) {
  EXPECT_TRUE(is_stub("/opt/cann/devlib/linux/x86_64/libascendcl.so"));
  EXPECT_TRUE(is_stub("/opt/cann/runtime/lib64/stub/libascendcl.so"));
  EXPECT_FALSE(is_stub("/opt/cann/lib64/libascendcl.so"));
  EXPECT_FALSE(is_stub("/opt/my-stubs/lib64/libascendcl.so"));
}

TEST(Search, DescribesEveryDirectoryAndEveryUnusableFile) {
  const test::FakeHost host;
  LibrarySearch search({"/nowhere-at-all", "", "", "", "", ""});
  EXPECT_FALSE(search.find("libnot-a-vendor.so", [](const OpenLibrary &) { return true; }));
  search.note("/x/libnot-a-vendor.so", "it lacks aclInit");
  EXPECT_EQ(search.description(),
            "/x/libnot-a-vendor.so: it lacks aclInit; searched for libnot-a-vendor.so in /nowhere-at-all");
}

// A file that the linker would refuse in other words.
class RefusedLibrary : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hal-onboard-library-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    std::ofstream(file()) << "not a library";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file() const { return folder_ + "/libnot-a-vendor.so"; }
  static bool find(LibrarySearch &search, const std::string &name) {
    return search.find(name, [](const OpenLibrary &) { return true; });
  }

  test::FakeHost host_;
  std::string folder_;
};

TEST_F(RefusedLibrary, IsNotOpened) {
  LibrarySearch trusting({folder_, "", "", "", "", ""});
  EXPECT_FALSE(find(trusting, "libnot-a-vendor.so"));
  EXPECT_NE(trusting.description().find("file too short"), std::string::npos) << trusting.description();
  host_.refused = {file()};
  LibrarySearch search({folder_, "", "", "", "", ""});
  EXPECT_FALSE(find(search, "libnot-a-vendor.so"));
  EXPECT_TRUE(search.description().starts_with(file() + ": refused by the test;")) << search.description();
  EXPECT_EQ(search.description().find("too short"), std::string::npos) << search.description();
}

TEST_F(RefusedLibrary, IsNotUsedIfTheLinkerFoundIt) {
  const std::string name = "libanl.so.1";  // a library of every system, which this program does not use
  LibrarySearch trusting({"", "", "", "", "", ""});
  std::string found;
  ASSERT_TRUE(trusting.find(name, [&](const OpenLibrary &library) {
    ::dlclose(library.handle);
    found = library.path;
    return true;
  }));
  ASSERT_TRUE(found.starts_with('/')) << found;
  host_.refused = {found};
  LibrarySearch search({"", "", "", "", "", ""});
  EXPECT_FALSE(find(search, name));
  EXPECT_NE(search.description().find(found + ": refused by the test"), std::string::npos) << search.description();
}

TEST(Search, UsesTheFileThatTheProcessHasLoadedAlready) {
  const test::FakeHost host;
  LibrarySearch search({"", "/nowhere-at-all", "", "", "", ""});
  std::string path;
  ASSERT_TRUE(search.find("libc.so.6", [&](const OpenLibrary &library) {
    path = library.path;
    return true;
  }));
  EXPECT_TRUE(path.starts_with('/')) << path;
}

TEST(Search, RefusesASecondCopyOfALoadedLibrary) {
  const test::FakeHost host;
  LibrarySearch search({"/nowhere-at-all", "", "", "", "", ""});
  EXPECT_FALSE(search.find("libc.so.6", [](const OpenLibrary &) { return true; }));
  EXPECT_NE(search.description().find("this process already uses this file"), std::string::npos)
      << search.description();
}

TEST(Options, AreReadAndTheirAllowedValuesDeclared) {
  test::FakeHost host;
  EXPECT_EQ(read_options().family, FamilyChoice::kAuto);
  host.options["API"] = "rt";
  EXPECT_EQ(read_options().family, FamilyChoice::kRt);
  host.options["API"] = "acl";
  EXPECT_EQ(read_options().family, FamilyChoice::kAcl);
  EXPECT_STREQ(option_table()[0].name, "API");
  EXPECT_STREQ(option_choices()[0], "auto|acl|rt");
  EXPECT_STREQ(option_table()[1].name, "LIBRARY_DIR");
  EXPECT_EQ(option_table()[1].type, HAL_OPTION_PATH);
}

}  // namespace
}  // namespace hal::onboard
