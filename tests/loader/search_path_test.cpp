// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <map>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

class SearchPath : public Loader {
 protected:
  std::map<std::string, std::string> places() {
    scan();
    std::uint32_t count = 0;
    EXPECT_EQ(hal_search_path_count(&count), HAL_OK);
    std::map<std::string, std::string> found;
    for (std::uint32_t i = 0; i < count; ++i) {
      hal_search_path_info_t info = {};
      info.struct_size = sizeof(info);
      EXPECT_EQ(hal_search_path_info(i, &info), HAL_OK);
      found[info.path] = std::string(info.origin) + " " + info.status;
    }
    return found;
  }

  hal_selection_info_t selected() {
    start();
    hal_selection_info_t info = {};
    info.struct_size = sizeof(info);
    EXPECT_EQ(hal_selection_explain(&info), HAL_OK) << last_message();
    return info;
  }
};

TEST_F(SearchPath, ListsEachDirectoryWithItsStatus) {
  const std::string missing = machine.root() / "missing";
  const std::string file = machine.add_text();
  const fs::path open = machine.folder("open");
  fs::permissions(open, fs::perms(0777));
  const std::string good = machine.folder("good");
  setenv("HAL_PLUGIN_PATH", (missing + ":" + file + ":" + open.string() + ":" + good).c_str(), 1);
  auto found = places();
  EXPECT_EQ(found[missing], "HAL_PLUGIN_PATH missing");
  EXPECT_EQ(found[file], "HAL_PLUGIN_PATH not_a_directory");
  EXPECT_EQ(found[open], "HAL_PLUGIN_PATH untrusted");
  EXPECT_EQ(found[good], "HAL_PLUGIN_PATH ok");
  EXPECT_EQ(found.size(), 6u) << "and the directory next to libhal, and that of the installation";
}

TEST_F(SearchPath, IsOnlyTheFilesOfHalPluginFilesIfItIsSet) {
  const fs::path good = machine.add_good_plugin();
  setenv("HAL_PLUGIN_FILES", good.c_str(), 1);
  const std::map<std::string, std::string> only = {{good.string(), "HAL_PLUGIN_FILES ok"}};
  EXPECT_EQ(places(), only);
}

TEST_F(SearchPath, TheSelectionNamesTheVariable) {
  machine.add_good_plugin();
  setenv("HAL_BACKEND", "fake-sim:1", 1);
  const hal_selection_info_t info = selected();
  EXPECT_EQ(info.status, HAL_OK);
  EXPECT_STREQ(info.name, "fake-sim");
  EXPECT_STREQ(info.why, "HAL_BACKEND");
  EXPECT_EQ(info.ordinal, 1u);
}

TEST_F(SearchPath, TheSelectionNamesTheOnlyHardware) {
  machine.add_good_plugin();
  machine.add_hardware_plugin();
  EXPECT_STREQ(selected().name, "fake-npu");
  EXPECT_STREQ(selected().why, "the only usable hardware backend");
}

TEST_F(SearchPath, NoSelectionIsAnAnswerAndNotAnErrorOfThisThread) {
  machine.add_good_plugin();
  start();
  const std::string before = last_message();
  const hal_selection_info_t info = selected();
  EXPECT_EQ(info.status, HAL_ERR_UNAVAILABLE);
  EXPECT_STREQ(info.name, "");
  EXPECT_TRUE(contains(info.hint, "HAL_BACKEND=")) << info.hint;
  EXPECT_EQ(last_message(), before);
}

}  // namespace
}  // namespace hal::test
