// SPDX-License-Identifier: Apache-2.0
//
// Libraries that plugins need: what the linker would find is never called missing.
#include <array>
#include <cstdio>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

constexpr const char *kVendor = "libhal-test-vendor.so";

class Dependencies : public Loader {
 protected:
  // Puts the vendor's library into a folder of the machine.
  void add_vendor(const std::string &folder) {
    fs::copy_file(fs::path(HAL_VENDOR_DIR) / kVendor, machine.folder(folder) / kVendor);
  }

  void expect_missing(const Found &found) {
    EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
    EXPECT_EQ(found.reason, "missing_dependency");
    EXPECT_TRUE(contains(found.detail, kVendor)) << found.detail;
    EXPECT_TRUE(contains(found.hint, "LD_LIBRARY_PATH")) << found.hint;
  }

  // What a program prints that was started in the machine's directory, with this LD_LIBRARY_PATH, and names the
  // backend.
  std::string selected_with(const std::string &library_path, const std::string &backend) {
    const std::string command = "cd '" + machine.root().string() + "' && LD_LIBRARY_PATH='" + library_path +
                                "' HAL_BACKEND=" + backend + " exec " HAL_PLAIN_HELPER;
    std::FILE *out = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> part;
    for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), out)) > 0;) text.append(part.data(), got);
    EXPECT_EQ(::pclose(out), 0) << text;
    return text;
  }

  // In a process of its own: here the library would count as loaded in every later test.
  void expect_loads(const fs::path &file) {
    const std::string name = file.stem().string().substr(std::string("libhal-").size());
    const std::string text = selected_with("", name);
    EXPECT_TRUE(contains(text, "selected: " + name)) << text;
  }
};

TEST_F(Dependencies, OriginInARunpathIsThePluginsOwnDirectory) {
  const fs::path file = machine.add_plugin("runpath");
  expect_missing(inspect(file));
  add_vendor("vendor");
  expect_loads(file);
}

TEST_F(Dependencies, OriginInBracesInALaterElementIsUnderstoodToo) {
  const fs::path file = machine.add_plugin("braces");
  expect_missing(inspect(file));
  add_vendor("vendor");
  expect_loads(file);
}

TEST_F(Dependencies, OriginInAnRpathIsThePluginsOwnDirectory) {
  const fs::path file = machine.add_plugin("rpath");
  expect_missing(inspect(file));
  add_vendor("vendor");
  expect_loads(file);
}

TEST_F(Dependencies, OriginIsWhereTheRealFileIsNotTheLinkToIt) {
  const fs::path real = machine.add_plugin("runpath", "real");
  const fs::path link = machine.root() / real.filename();
  fs::create_symlink(real, link);
  add_vendor("vendor");  // beside the link
  expect_missing(inspect(link));
  add_vendor("real/vendor");
  expect_loads(link);
}

TEST_F(Dependencies, OneInAFolderForThisProcessorAloneIsLeftToTheLinker) {
  const fs::path file = machine.add_plugin("runpath");
  add_vendor("vendor/glibc-hwcaps/x86-64-v2");
  EXPECT_EQ(inspect(file).status, HAL_CANDIDATE_UNPROBED);
}

TEST_F(Dependencies, OfAnElderLinkersFoldersAreLeftToItToo) {
  const fs::path file = machine.add_plugin("runpath");
  machine.folder("vendor/tls");
  EXPECT_EQ(inspect(file).status, HAL_CANDIDATE_UNPROBED);
}

TEST_F(Dependencies, OtherTokensAreLeftToTheLinkerWhichThenSaysWhatIsMissing) {
  for (const char *plugin : {"lib-token", "platform-token"}) {
    const fs::path file = machine.add_plugin(plugin);
    EXPECT_EQ(inspect(file).status, HAL_CANDIDATE_UNPROBED) << plugin;
    const Found found = probe(file);
    EXPECT_EQ(found.reason, "missing_dependency") << plugin << ": " << found.detail;
    EXPECT_TRUE(contains(found.detail, kVendor)) << found.detail;
  }
}

TEST_F(Dependencies, AnEmptyElementIsTheCurrentDirectory) {
  const fs::path file = machine.add_plugin("here");
  expect_missing(inspect(file));
  add_vendor("");
  expect_loads(file);
}

TEST_F(Dependencies, LdLibraryPathLeadsToALibrary) {
  machine.add_plugin("needing");
  EXPECT_TRUE(contains(selected_with("", "needing"), "candidate: needing missing_dependency"));
  const std::string text = selected_with(HAL_VENDOR_DIR, "needing");
  EXPECT_TRUE(contains(text, "candidate: needing good")) << text;
  EXPECT_TRUE(contains(text, "selected: needing")) << text;
}

TEST_F(Dependencies, LdLibraryPathMayHaveSemicolonsAndEmptyElements) {
  machine.add_plugin("needing");
  const std::string semicolon = selected_with("/nowhere;" HAL_VENDOR_DIR, "needing");
  EXPECT_TRUE(contains(semicolon, "selected: needing")) << semicolon;
  add_vendor("");
  const std::string empty = selected_with("/nowhere:", "needing");
  EXPECT_TRUE(contains(empty, "selected: needing")) << empty;
}

TEST_F(Dependencies, ARunpathOfOnePluginIsNoPathOfAnother) {
  machine.add_plugin("runpath");
  const fs::path other = machine.add_plugin("needing");
  add_vendor("vendor");
  expect_missing(inspect(other));
}

}  // namespace
}  // namespace hal::test
