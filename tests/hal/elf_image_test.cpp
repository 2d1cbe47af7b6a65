// SPDX-License-Identifier: Apache-2.0
#include "backends/elf_image.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "backends/file.hpp"

namespace hal::core {
namespace {

class Image : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(read_file(HAL_FAKE_PLUGIN, 1 << 30, file), 0); }

  FileBytes file;
};

TEST_F(Image, ListsWhatThePluginNeedsAndExports) {
  const ElfImage image(file.bytes);
  EXPECT_NE(std::find(image.needed().begin(), image.needed().end(), "libc.so.6"), image.needed().end());
  EXPECT_EQ(image.exports("hal_plugin_entry_v1"), true);
  EXPECT_EQ(image.exports("hal_plugin_entry_v2"), false);
  EXPECT_EQ(image.exports("malloc"), false) << "a symbol that the plugin only uses is not exported";
}

TEST_F(Image, OfAnEmptyFileNeedsNothingAndHasUnknownExports) {
  const ElfImage image({});
  EXPECT_TRUE(image.needed().empty());
  EXPECT_EQ(image.exports("x"), std::nullopt);
}

TEST_F(Image, OfAFileReadInPartsGivesTheSameAnswers) {
  PartialFile parts;
  ASSERT_EQ(parts.open(HAL_FAKE_PLUGIN, 1 << 30), 0);
  const ElfImage image(parts);
  EXPECT_EQ(image.needed(), ElfImage(file.bytes).needed());
  EXPECT_EQ(image.exports("hal_plugin_entry_v1"), true);
  EXPECT_EQ(image.exports("hal_plugin_entry_v2"), false);
  EXPECT_EQ(parts.error(), 0);
}

TEST_F(Image, IsNeverReadOutsideTheFileAfterRandomDamageAndCuts) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<char> bytes = file.bytes;
    for (int i = 0; i < 16; ++i)
      bytes[random() % std::min<std::size_t>(bytes.size(), 8192)] = static_cast<char>(random());
    bytes.resize(64 + random() % (bytes.size() - 64));
    bytes.shrink_to_fit();
    const ElfImage image(bytes);
    (void)image.exports("hal_plugin_entry_v1");
  }
}

}  // namespace
}  // namespace hal::core
