// SPDX-License-Identifier: Apache-2.0
//
// The statuses for backends that exist but cannot be used. Another program selects each, because a process reads its
// environment once.
#include <cstdlib>
#include <string>
#include <vector>

#include "conformance.hpp"
#include "fixture.hpp"

namespace hal::conformance {
namespace {

class PluginFile : public Conformance {
 protected:
  std::vector<std::uint8_t> bytes() {
    auto info = sized<hal_backend_info_t>();
    EXPECT_TRUE(ok(hal_backend_info(backend_, &info)));
    return read_file(info.path);
  }
  // Runs a program that selects this backend, with this plugin file as the only one.
  Finished select_with_only(const std::vector<std::uint8_t> &plugin) {
    const TempFile file(plugin);
    const char *given = std::getenv("HAL_PLUGIN_FILES");
    const std::string before = given != nullptr ? given : "";
    setenv("HAL_PLUGIN_FILES", file.path().c_str(), 1);
    const Finished program = run_program({helper_program(), "select", backend_name_});
    before.empty() ? unsetenv("HAL_PLUGIN_FILES") : setenv("HAL_PLUGIN_FILES", before.c_str(), 1);
    return program;
  }
  // Replaces every occurrence by words of the same length. Returns the number of occurrences.
  static int replace(std::vector<std::uint8_t> &bytes, const std::string &old_words, const std::string &new_words) {
    std::string text(bytes.begin(), bytes.end());
    int count = 0;
    for (auto at = text.find(old_words); at != std::string::npos; at = text.find(old_words, at + 1), ++count) {
      text.replace(at, new_words.size(), new_words);
    }
    bytes.assign(text.begin(), text.end());
    return count;
  }
};

TEST_F(PluginFile, OfAnotherDraftIsIncompatibleAndBothAreNamed) {
  auto plugin = bytes();
  const std::string ours = std::to_string(HAL_ABI_DRAFT);
  const std::string theirs(ours.size(), '9');
  ASSERT_GT(replace(plugin, "abi_min=" + ours, "abi_min=" + theirs), 0);
  ASSERT_GT(replace(plugin, "abi_max=" + ours, "abi_max=" + theirs), 0);
  const Finished program = select_with_only(plugin);
  EXPECT_EQ(program.code, 0) << program.output;
  EXPECT_NE(program.output.find("select: INCOMPATIBLE"), std::string::npos) << program.output;
  EXPECT_TRUE(Value(ours).shown_in(program.output)) << program.output;
  EXPECT_TRUE(Value(theirs).shown_in(program.output)) << program.output;
}

TEST_F(PluginFile, WithoutItsDeviceProgramIsUnavailable) {
  if (kind_ != "sim" || !separate_process()) GTEST_SKIP() << "the plugin needs no device program";
  const Finished program = select_with_only(bytes());
  EXPECT_EQ(program.code, 0) << program.output;
  if (!options.require_all && program.output.find("select: OK") != std::string::npos)
    GTEST_SKIP() << "the plugin needs no device program";
  EXPECT_NE(program.output.find("select: UNAVAILABLE"), std::string::npos) << program.output;
  EXPECT_NE(program.output.find(backend_name_), std::string::npos) << program.output;
}

TEST_F(PluginFile, ThatIsCutShortIsReportedAndNotLoaded) {
  auto plugin = bytes();
  constexpr std::size_t kHead = 8192;
  ASSERT_GT(plugin.size(), kHead);
  plugin.resize(kHead);  // its headers and perhaps the note, but not its code
  const Finished program = select_with_only(plugin);
  EXPECT_EQ(program.code, 0) << program.output;
  EXPECT_EQ(program.output.find("select: OK"), std::string::npos) << program.output;
  EXPECT_NE(program.output.find("select: "), std::string::npos) << program.output;
}

}  // namespace
}  // namespace hal::conformance
