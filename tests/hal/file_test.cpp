// SPDX-License-Identifier: Apache-2.0
#include "backends/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "backends/note.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

class PartOfAFile : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/hal-file-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder = pattern;
    path = folder / "file";
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::vector<char> &bytes) const {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  fs::path folder;
  fs::path path;
};

TEST_F(PartOfAFile, IsLoadedWithoutTheRest) {
  write(std::vector<char>(100'000, 'x'));
  PartialFile file;
  ASSERT_EQ(file.open(path, 1 << 20), 0);
  ASSERT_EQ(file.bytes().size(), 100'000u);
  file.load(50'000, 10);
  EXPECT_EQ(std::count(file.bytes().begin() + 50'000, file.bytes().begin() + 50'010, 'x'), 10);
  EXPECT_EQ(file.bytes()[0], '\0');
  EXPECT_EQ(file.bytes()[99'999], '\0');
  file.load(99'990, UINT64_MAX);
  EXPECT_EQ(file.bytes()[99'999], 'x');
  file.load(100'000, 1);
  file.load(UINT64_MAX, UINT64_MAX);
  file.load_all();
  EXPECT_EQ(std::count(file.bytes().begin(), file.bytes().end(), 'x'), 100'000);
  EXPECT_EQ(file.error(), 0);
}

TEST_F(PartOfAFile, StaysInMemoryWhenTheFileShrinks) {
  write(std::vector<char>(100'000, 'x'));
  PartialFile file;
  ASSERT_EQ(file.open(path, 1 << 20), 0);
  file.load(0, 100);
  fs::resize_file(path, 50'000);
  file.load(0, 100);
  EXPECT_EQ(file.error(), 0) << "these bytes are in memory already";
  file.load(90'000, 100);
  EXPECT_EQ(file.error(), ESTALE);
  EXPECT_EQ(file.bytes()[90'000], '\0');
  EXPECT_EQ(file.bytes()[0], 'x');
}

TEST_F(PartOfAFile, IsRefusedForTheSameReasonsAsAWholeFile) {
  PartialFile none;
  EXPECT_EQ(none.open(path, 100), ENOENT);
  EXPECT_EQ(none.open(folder, 100), EISDIR);
  write(std::vector<char>(101));
  EXPECT_EQ(none.open(path, 100), EFBIG);
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(none.open(folder / "fifo", 100), EINVAL);
  write({});
  PartialFile empty;
  EXPECT_EQ(empty.open(path, 100), 0);
  empty.load_all();
  EXPECT_TRUE(empty.bytes().empty());
}

TEST_F(PartOfAFile, OfADamagedPluginGivesTheSameVerdictAsTheWholeFile) {
  FileBytes good;
  ASSERT_EQ(read_file(HAL_FAKE_PLUGIN, 1 << 30, good), 0);
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<char> bytes = good.bytes;
    // Damages the header, the program headers and the notes; in every second round any byte.
    const std::size_t reach = round % 2 == 0 ? 1'024 : bytes.size();
    for (int i = round % 4; i > 0; --i) bytes[random() % reach] = static_cast<char>(random());
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    write(bytes);
    PartialFile file;
    ASSERT_EQ(file.open(path, 1 << 30), 0);
    const ElfFacts parts = inspect_plugin(ElfImage(file));
    const ElfFacts whole = inspect_plugin(std::span<const char>(bytes));
    EXPECT_EQ(parts.reason, whole.reason) << round;
    EXPECT_EQ(parts.detail, whole.detail) << round;
    EXPECT_EQ(parts.note, whole.note) << round;
    EXPECT_EQ(parts.build_id, whole.build_id) << round;
  }
}

TEST_F(PartOfAFile, IsEnoughToInspectAPlugin) {
  PartialFile file;
  ASSERT_EQ(file.open(HAL_FAKE_PLUGIN, 1 << 30), 0);
  EXPECT_EQ(inspect_plugin(ElfImage(file)).reason, "");
  const auto used = std::count_if(file.bytes().begin(), file.bytes().end(), [](char c) { return c != '\0'; });
  EXPECT_LE(used, 16 << 10) << "of " << file.bytes().size();
}

}  // namespace
}  // namespace hal::core
