// SPDX-License-Identifier: Apache-2.0
//
// The list of the variables, and one test for each variable of the core.
#include <map>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

struct Shown {
  std::string value, origin, default_value, type, help, owner, problem;
};

class Variables : public Loader {
 protected:
  void TearDown() override {
    unsetenv("HAL_FAKE_DEVICES");
    unsetenv("HAL_FAKE_FLAVOUR");
    unsetenv("HAL_FAKE_FOLDER");
    Loader::TearDown();
  }

  static std::map<std::string, Shown> variables() {
    std::uint32_t count = 0;
    EXPECT_EQ(hal_variable_count(&count), HAL_OK);
    std::map<std::string, Shown> found;
    for (std::uint32_t i = 0; i < count; ++i) {
      hal_variable_info_t info = {};
      info.struct_size = sizeof(info);
      EXPECT_EQ(hal_variable_info(i, &info), HAL_OK);
      found[info.name] = {info.value, info.origin, info.default_value, info.type, info.help, info.owner, info.problem};
    }
    return found;
  }
};

TEST_F(Variables, AreListedBeforeInitWithTheirDefaults) {
  const Shown shown = variables()["HAL_LOG_LEVEL"];
  EXPECT_EQ(shown.value, "warn");
  EXPECT_EQ(shown.origin, "default");
  EXPECT_EQ(shown.owner, "core");
  EXPECT_EQ(shown.type, "text");
  EXPECT_EQ(shown.problem, "");
  EXPECT_NE(shown.help, "");
}

TEST_F(Variables, OfAPluginAreListedOnceItIsLoaded) {
  setenv("HAL_FAKE_DEVICES", "3", 1);
  EXPECT_EQ(probe(machine.add_good_plugin()).status, HAL_CANDIDATE_USABLE);
  const Shown shown = variables()["HAL_FAKE_DEVICES"];
  EXPECT_EQ(shown.value, "3");
  EXPECT_EQ(shown.origin, "environment");
  EXPECT_EQ(shown.default_value, "2");
  EXPECT_EQ(shown.type, "number");
  EXPECT_TRUE(contains(shown.owner, "fake-sim"));
}

TEST_F(Variables, ABadValueOfAPluginsVariableIsListedAsItsProblem) {
  setenv("HAL_FAKE_DEVICES", "many", 1);
  EXPECT_EQ(probe(machine.add_good_plugin()).status, HAL_CANDIDATE_BROKEN);
  EXPECT_TRUE(contains(variables()["HAL_FAKE_DEVICES"].problem, "\"many\""));
}

TEST_F(Variables, AValueOutsideAPluginsChoicesIsAnErrorThatListsTheChoices) {
  const fs::path good = machine.add_good_plugin();
  setenv("HAL_FAKE_FLAVOUR", "sour", 1);
  const Found found = probe(good);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(found.reason, "load_failed");
  EXPECT_EQ(found.detail, "HAL_FAKE_FLAVOUR is \"sour\"; allowed is plain or salted");
  EXPECT_EQ(found.hint, "correct or unset HAL_FAKE_FLAVOUR");
  EXPECT_EQ(variables()["HAL_FAKE_FLAVOUR"].problem, found.detail);
  hal_backend_t backend = nullptr;
  EXPECT_EQ(hal_backend_select("fake-sim", &backend), HAL_ERR_INVALID_ARGUMENT);
  setenv("HAL_FAKE_FLAVOUR", "salted", 1);
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE) << "it is enough to correct the variable";
}

TEST_F(Variables, ARelativePathOfAPluginIsAnErrorThatNamesTheVariable) {
  const fs::path good = machine.add_good_plugin();
  setenv("HAL_FAKE_FOLDER", "lib64", 1);
  const Found found = probe(good);
  EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
  EXPECT_EQ(found.detail, "HAL_FAKE_FOLDER is \"lib64\"; allowed is an absolute path");
  EXPECT_EQ(variables()["HAL_FAKE_FOLDER"].problem, found.detail);
  EXPECT_EQ(variables()["HAL_FAKE_FOLDER"].type, "path");
  setenv("HAL_FAKE_FOLDER", "/opt/lib64", 1);
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Variables, EmptyElementsOfPathsAreIgnored) {
  const fs::path good = machine.add_good_plugin();
  setenv("HAL_PLUGIN_FILES", (":" + good.string() + "::").c_str(), 1);
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);
  stop();
  unsetenv("HAL_PLUGIN_FILES");
  setenv("HAL_PLUGIN_PATH", ("::" + machine.root().string()).c_str(), 1);
  EXPECT_EQ(inspect(good).status, HAL_CANDIDATE_UNPROBED);
}

TEST_F(Variables, OneRelativePathAmongAbsoluteOnesIsReported) {
  setenv("HAL_PLUGIN_FILES", "/opt/libhal-a.so:libhal-b.so", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "\"libhal-b.so\" is not absolute")) << last_message();
}

TEST_F(Variables, HalBackendIsCheckedAtInitAndListedWithItsProblem) {
  setenv("HAL_BACKEND", "Bad Name", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(variables()["HAL_BACKEND"].problem, "Bad Name"));
}

TEST_F(Variables, HalLogLevelIsCheckedAtInitAndListedWithItsProblem) {
  setenv("HAL_LOG_LEVEL", "loud", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(variables()["HAL_LOG_LEVEL"].problem, "loud"));
}

TEST_F(Variables, HalPluginPathAcceptsOnlyAbsoluteDirectories) {
  setenv("HAL_PLUGIN_PATH", "plugins", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(variables()["HAL_PLUGIN_PATH"].problem, "not absolute"));
}

TEST_F(Variables, HalPluginFilesAcceptsOnlyAbsoluteFiles) {
  setenv("HAL_PLUGIN_FILES", "./libhal-x.so", 1);
  EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(variables()["HAL_PLUGIN_FILES"].problem, "not absolute"));
}

TEST_F(Variables, AnIndexPastTheLastVariableIsNotFound) {
  std::uint32_t count = 0;
  EXPECT_EQ(hal_variable_count(&count), HAL_OK);
  hal_variable_info_t info = {};
  info.struct_size = sizeof(info);
  EXPECT_EQ(hal_variable_info(count, &info), HAL_ERR_NOT_FOUND);
}

}  // namespace
}  // namespace hal::test
