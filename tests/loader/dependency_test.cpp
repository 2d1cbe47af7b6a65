// SPDX-License-Identifier: Apache-2.0
//
// Libraries that plugins need. A library that the dynamic linker would find is never reported missing.
#include <elf.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string_view>

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

  // Runs a program in the machine's directory, with this LD_LIBRARY_PATH and HAL_BACKEND. Returns its output.
  std::string selected_with(const std::string &library_path, const std::string &backend,
                            const std::string &program = HAL_PLAIN_HELPER) {
    const std::string command = "cd '" + machine.root().string() + "' && LD_LIBRARY_PATH='" + library_path +
                                "' HAL_BACKEND=" + backend + " exec " + program;
    std::FILE *out = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> part;
    for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), out)) > 0;) text.append(part.data(), got);
    EXPECT_EQ(::pclose(out), 0) << text;
    return text;
  }

  // Copies a program or a library into the machine. Its search path is the folder "vendor" next to it.
  std::string add_with_path(const std::string &name) {
    const fs::path copy = machine.root() / name;
    fs::copy_file(fs::path(HAL_SEARCH_PATH_DIR) / name, copy);
    return copy.string();
  }

  // The program finds the plugin's library only once it is in the folder "vendor" next to the program.
  void expect_path_is_used(const std::string &program, const std::string &plugin) {
    const std::string before = selected_with("", plugin, program);
    EXPECT_TRUE(contains(before, "candidate: " + plugin + " missing_dependency")) << before;
    add_vendor("vendor");
    const std::string after = selected_with("", plugin, program);
    EXPECT_TRUE(contains(after, "candidate: " + plugin + " good")) << after;
    EXPECT_TRUE(contains(after, "selected: " + plugin)) << after;
  }

  // dlopen may be the first to notice that the library is missing.
  void expect_path_is_not_used(const std::string &program, const std::string &plugin) {
    add_vendor("vendor");
    const std::string text = selected_with("", plugin, program);
    EXPECT_TRUE(contains(text, "libhal-" + plugin + ".so cannot be used (missing_dependency)")) << text;
    EXPECT_TRUE(contains(text, kVendor)) << text;
    EXPECT_TRUE(contains(text, "selected: none")) << text;
  }

  // Adds the second of the two elements of a file's RPATH as its RUNPATH, as older linkers did. The linker leaves
  // unused entries at the end of the dynamic section.
  static void add_runpath_of_the_last_element(const fs::path &file) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto read_at = [&](std::uint64_t offset, auto value) {
      bytes.seekg(static_cast<std::streamoff>(offset)).read(reinterpret_cast<char *>(&value), sizeof(value));
      return value;
    };
    const auto header = read_at(0, Elf64_Ehdr{});
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      const auto segment = read_at(header.e_phoff + i * sizeof(Elf64_Phdr), Elf64_Phdr{});
      if (segment.p_type != PT_DYNAMIC) continue;
      std::uint64_t rpath = 0;
      std::uint64_t at = segment.p_offset;
      const std::uint64_t last = segment.p_offset + segment.p_filesz - sizeof(Elf64_Dyn);
      for (; read_at(at, Elf64_Dyn{}).d_tag != DT_NULL; at += sizeof(Elf64_Dyn))
        if (read_at(at, Elf64_Dyn{}).d_tag == DT_RPATH) rpath = read_at(at, Elf64_Dyn{}).d_un.d_val;
      ASSERT_NE(rpath, 0u) << "no RPATH in " << file;
      ASSERT_LT(at, last) << "no unused entry in " << file;
      const Elf64_Dyn entry = {DT_RUNPATH, {rpath + std::string_view("$ORIGIN/old:").size()}};
      bytes.seekp(static_cast<std::streamoff>(at)).write(reinterpret_cast<const char *>(&entry), sizeof(entry));
    }
    ASSERT_TRUE(bytes.flush());
  }

  // Loads the plugin in another process. In this process the library would stay loaded for later tests.
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

TEST_F(Dependencies, OriginInBracesInALaterElementIsReplacedToo) {
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

TEST_F(Dependencies, OriginIsTheDirectoryOfTheRealFileNotOfTheLink) {
  const fs::path real = machine.add_plugin("runpath", "real");
  const fs::path link = machine.root() / real.filename();
  fs::create_symlink(real, link);
  add_vendor("vendor");  // next to the link
  expect_missing(inspect(link));
  add_vendor("real/vendor");
  expect_loads(link);
}

TEST_F(Dependencies, InAFolderForCertainProcessorsAreLeftToTheLinker) {
  const fs::path file = machine.add_plugin("runpath");
  add_vendor("vendor/glibc-hwcaps/x86-64-v2");
  EXPECT_EQ(inspect(file).status, HAL_CANDIDATE_UNPROBED);
}

TEST_F(Dependencies, InAFolderOfOlderLinkersAreLeftToTheLinkerToo) {
  const fs::path file = machine.add_plugin("runpath");
  machine.folder("vendor/tls");
  EXPECT_EQ(inspect(file).status, HAL_CANDIDATE_UNPROBED);
}

TEST_F(Dependencies, OtherTokensAreLeftToTheLinkerWhichReportsTheMissingLibrary) {
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

TEST_F(Dependencies, InLdLibraryPathAreFound) {
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

TEST_F(Dependencies, BothElementsOfAnRpathAreSearched) {
  const fs::path file = machine.add_plugin("two-paths");
  expect_missing(inspect(file));
  add_vendor("old");
  expect_loads(file);
}

TEST_F(Dependencies, ARunpathDisablesTheRpathOfTheSameFile) {
  const fs::path file = machine.add_plugin("two-paths");
  add_runpath_of_the_last_element(file);
  add_vendor("old");  // only the RPATH names it
  expect_missing(inspect(file));
  add_vendor("vendor");
  expect_loads(file);
}

TEST_F(Dependencies, AnRpathOfTheProgramIsInherited) {
  machine.add_plugin("needing");
  expect_path_is_used(add_with_path("hal-rpath-helper"), "needing");
}

TEST_F(Dependencies, AnRpathOfTheProgramIsInheritedByAPluginWithOneOfItsOwn) {
  machine.add_plugin("rpath", "plugins");
  setenv("HAL_PLUGIN_PATH", machine.folder("plugins").c_str(), 1);
  expect_path_is_used(add_with_path("hal-rpath-helper"), "rpath");
}

TEST_F(Dependencies, AnRpathOfLibhalIsLeftToTheLinker) {
  setenv("HAL_PLUGIN_FILES", machine.add_plugin("needing", "plugins").c_str(), 1);
  add_with_path("libhal-with-rpath.so");
  const std::string program = add_with_path("hal-libhal-rpath-helper");
  const std::string before = selected_with("", "needing", program);
  EXPECT_TRUE(contains(before, "candidate: needing missing_dependency")) << before;
  add_vendor("vendor");
  const std::string after = selected_with("", "needing", program);
  EXPECT_TRUE(contains(after, "candidate: needing good")) << after;
}

TEST_F(Dependencies, ARunpathOfTheProgramIsNotInherited) {
  machine.add_plugin("needing");
  expect_path_is_not_used(add_with_path("hal-runpath-helper"), "needing");
}

TEST_F(Dependencies, NothingIsInheritedByAPluginWithARunpath) {
  machine.add_plugin("here");  // its RUNPATH is /nowhere and the current directory
  expect_path_is_not_used(add_with_path("hal-rpath-helper"), "here");
}

TEST_F(Dependencies, ARunpathOfOnePluginIsNotSearchedForAnother) {
  machine.add_plugin("runpath");
  const fs::path other = machine.add_plugin("needing");
  add_vendor("vendor");
  expect_missing(inspect(other));
}

}  // namespace
}  // namespace hal::test
