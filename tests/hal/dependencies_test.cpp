// SPDX-License-Identifier: Apache-2.0
#include "backends/dependencies.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "fuzz/elf_writer.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> missing_of(const fuzz::SharedObject &object,
                                    const std::string &path = "/nowhere/libhal-x.so") {
  const std::vector<char> file = fuzz::write_shared_object(object);
  return missing_dependencies(ElfImage(file), path);
}

TEST(Dependencies, LoadedAndInstalledLibrariesAreNotMissing) {
  EXPECT_TRUE(missing_of({.needed = {"libc.so.6", "/etc/passwd"}}).empty());
  EXPECT_EQ(missing_of({.needed = {"libc.so.6", "libnowhere.so.1", "/nowhere/libx.so"}}),
            (std::vector<std::string>{"libnowhere.so.1", "/nowhere/libx.so"}));
}

TEST(Dependencies, AFifoDoesNotBlock) {
  char folder[] = "/tmp/hal-dependencies-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string fifo = std::string(folder) + "/libx.so";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_TRUE(
      missing_of({.needed = {fifo, "libx.so"}, .runpath = "$ORIGIN"}, std::string(folder) + "/libhal-x.so").empty());
  fs::remove_all(folder);
}

TEST(Dependencies, TooManyNamesAreLeftToTheLinker) {
  fuzz::SharedObject object;
  for (int i = 0; i < 2000; ++i) object.needed.push_back("libnowhere" + std::to_string(i) + ".so");
  const std::size_t missing = missing_of(object).size();
  EXPECT_GE(missing, 64u);
  EXPECT_LE(missing, 512u);
}

}  // namespace
}  // namespace hal::core
