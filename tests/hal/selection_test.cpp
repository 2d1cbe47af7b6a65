// SPDX-License-Identifier: Apache-2.0
//
// Selection on a fake machine: each test makes its own plugin directories.
#include <filesystem>
#include <fstream>
#include <vector>

#include "api_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

class Machine : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "libhal-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
    for (const char *name : {"HAL_BACKEND", "HAL_PLUGIN_FILES", "HAL_FAKE_PRESENT", "HAL_FAKE_DEVICES"}) unsetenv(name);
    setenv("HAL_PLUGIN_PATH", root.c_str(), 1);
    hal_log_set_callback(&Machine::take, this);
  }

  void TearDown() override {
    if (started) {
      EXPECT_EQ(hal_shutdown(), HAL_OK) << last_message();
    }
    hal_log_set_callback(nullptr, nullptr);
    setenv("HAL_PLUGIN_PATH", HAL_FAKE_PLUGIN_DIR, 1);
    unsetenv("HAL_BACKEND");
    unsetenv("HAL_PLUGIN_FILES");
    fs::remove_all(root);
  }

  static void take(void *user, hal_log_level_t level, const char * /*component*/, const char *message) {
    auto &self = *static_cast<Machine *>(user);
    (level == HAL_LOG_ERROR ? self.errors : self.others).emplace_back(message);
  }

  // Copies a plugin of the build, so that each test loads files of its own.
  fs::path install(const std::string &plugin, const std::string &folder = {}, const std::string &as = {}) {
    const fs::path directory = root / folder;
    fs::create_directories(directory);
    const fs::path file = directory / ("libhal-" + (as.empty() ? plugin : as) + ".so");
    fs::copy_file(fs::path(HAL_FAKE_PLUGIN_DIR) / ("libhal-" + plugin + ".so"), file);
    return file;
  }

  // Copies plugins, and makes libhal use only these files, not the plugins next to libhal.
  void install_alone(const std::vector<std::string> &plugins) {
    std::string files;
    for (const std::string &plugin : plugins) files += (files.empty() ? "" : ":") + install(plugin).string();
    setenv("HAL_PLUGIN_FILES", files.c_str(), 1);
  }

  hal_status_t select(const char *spec) {
    if (!started) {
      EXPECT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK) << last_message();
    }
    started = true;
    return hal_backend_select(spec, &backend);
  }

  hal_backend_info_t info() {
    hal_backend_info_t answer = {};
    answer.struct_size = sizeof(answer);
    EXPECT_EQ(hal_backend_info(backend, &answer), HAL_OK);
    return answer;
  }

  fs::path root;
  bool started = false;
  hal_backend_t backend = nullptr;
  std::vector<std::string> errors;
  std::vector<std::string> others;
};

TEST_F(Machine, ANamedBackendIsFoundAndDescribed) {
  const fs::path file = install("fake-sim");
  ASSERT_EQ(select("fake-sim:1"), HAL_OK) << last_message();
  const hal_backend_info_t answer = info();
  EXPECT_STREQ(answer.name, "fake-sim");
  EXPECT_STREQ(answer.arch, "fake");
  EXPECT_STREQ(answer.kind, "sim");
  EXPECT_STREQ(answer.version, "1.2.3");
  EXPECT_EQ(answer.default_ordinal, 1u);
  EXPECT_EQ(fs::path(answer.path), fs::canonical(file));
  const hal_backend_t first = backend;
  ASSERT_EQ(select("fake-sim:1"), HAL_OK);
  EXPECT_EQ(backend, first);
  ASSERT_EQ(select("fake-sim"), HAL_OK);
  EXPECT_NE(backend, first) << "a different default ordinal gives a different handle";
}

TEST_F(Machine, TheEnvironmentNamesTheBackendAndItsDefaultOrdinal) {
  install("fake-sim");
  setenv("HAL_BACKEND", "fake-sim:1", 1);
  ASSERT_EQ(select(nullptr), HAL_OK) << last_message();
  EXPECT_EQ(info().default_ordinal, 1u);
  ASSERT_EQ(select(""), HAL_OK);
  ASSERT_EQ(select("fake-sim"), HAL_OK);
  EXPECT_EQ(info().default_ordinal, 1u) << "a spec without an ordinal takes the environment's";
  ASSERT_EQ(select("fake-sim:0"), HAL_OK);
  EXPECT_EQ(info().default_ordinal, 0u) << "an explicit ordinal always wins";
}

TEST_F(Machine, AnUnknownNameIsAnsweredWithTheListAndTheNearestSpelling) {
  install_alone({"fake-sim"});
  EXPECT_EQ(select("fake-sin"), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(last_message(), "no backend \"fake-sin\"; found: fake-sim");
  EXPECT_EQ(last_hint(), "did you mean \"fake-sim\"?");
  EXPECT_EQ(select("quite-another"), HAL_ERR_NOT_FOUND);
  EXPECT_TRUE(contains(last_hint(), "'halprobe explain' lists the directories")) << last_hint();
}

TEST_F(Machine, ANameOfAChipIsAnsweredWithTheBackendsOfThatChip) {
  install_alone({"fake-npu", "fake-sim"});
  const std::pair<const char *, const char *> cases[] = {{"f1-sim", "\"fake-sim\""},
                                                         {"f1-onboard", "\"fake-npu\""},
                                                         {"f1-simulator", "\"fake-sim\""},
                                                         {"f1-sin", "\"fake-sim\""},
                                                         {"f1_sim", "\"fake-sim\""},
                                                         {"4711-sim", "\"fake-sim\""},
                                                         {"4711b2-sim", "\"fake-sim\""},
                                                         {"4711_93-onboard", "\"fake-npu\""},
                                                         {"f1", "\"fake-npu\" or \"fake-sim\""},
                                                         {"4711", "\"fake-npu\" or \"fake-sim\""},
                                                         {"fake", "\"fake-npu\" or \"fake-sim\""}};
  for (const auto &[name, meant] : cases) {
    EXPECT_EQ(select(name), HAL_ERR_NOT_FOUND) << name;
    EXPECT_EQ(last_hint(), std::string("did you mean ") + meant + "?") << name;
  }
  EXPECT_EQ(select("f17-onboard"), HAL_ERR_NOT_FOUND);
  EXPECT_FALSE(contains(last_hint(), "did you mean")) << "f17 and f1 are different chips: " << last_hint();
}

TEST_F(Machine, BadGrammarIsRefused) {
  install("fake-sim");
  for (const char *spec : {"fake-sim:", "fake-sim:-1", "fake sim", ",fake-sim", "auto,fake-sim", "Fake-sim", "../x"})
    EXPECT_EQ(select(spec), HAL_ERR_INVALID_ARGUMENT) << spec;
}

TEST_F(Machine, ASimulatorIsNeverChosenUnlessNamed) {
  install_alone({"fake-sim", "fake-noalloc"});
  EXPECT_EQ(select(nullptr), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(last_message(), "no Ascend device is usable on this machine, and HAL_BACKEND is not set");
  EXPECT_EQ(last_hint(),
            "set HAL_BACKEND=fake-sim (or fake-noalloc) to use a simulator, or run 'halprobe explain' to see why");
  EXPECT_EQ(select("auto"), HAL_ERR_UNAVAILABLE);
  EXPECT_EQ(last_message(), "no Ascend device is usable on this machine, and \"auto\" selects no simulator");
}

TEST_F(Machine, TheFirstErrorOfMostUsersFitsOnThreeLines) {
  install_alone({"fake-npu", "fake-npu2", "fake-sim"});
  setenv("HAL_FAKE_PRESENT", "0", 1);
  EXPECT_EQ(select(nullptr), HAL_ERR_UNAVAILABLE);
  unsetenv("HAL_FAKE_PRESENT");
  EXPECT_EQ(last_message(),
            "no Ascend device is usable on this machine, and HAL_BACKEND is not set "
            "(fake-npu: no_device, fake-npu2: no_device)");
  EXPECT_LT(last_message().size() + last_hint().size(), 240u) << last_message() << "\n" << last_hint();
}

TEST_F(Machine, TheOneUsableHardwareBackendIsChosen) {
  install("fake-sim");
  install("fake-npu");
  ASSERT_EQ(select(nullptr), HAL_OK) << last_message();
  EXPECT_STREQ(info().name, "fake-npu");
}

TEST_F(Machine, TwoUsableHardwareBackendsNeedAName) {
  install("fake-npu");
  install("fake-npu2");
  EXPECT_EQ(select(nullptr), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "fake-npu and fake-npu2"));
  EXPECT_TRUE(contains(last_hint(), "HAL_BACKEND=fake-npu"));
}

TEST_F(Machine, AnAbsentBackendIsUnavailableWithTheProbesReason) {
  install("fake-sim");
  setenv("HAL_FAKE_PRESENT", "0", 1);
  EXPECT_EQ(select("fake-sim"), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "no_device"));
  EXPECT_TRUE(contains(last_message(), "HAL_FAKE_PRESENT is 0"));
  EXPECT_EQ(last_hint(), "set HAL_FAKE_PRESENT=1");
  unsetenv("HAL_FAKE_PRESENT");
}

TEST_F(Machine, TheFirstUsableBackendOfAListIsSelected) {
  install("fake-sim");
  install("fake-draft99");
  ASSERT_EQ(select("missing,fake-draft99,fake-sim:1"), HAL_OK) << last_message();
  EXPECT_STREQ(info().name, "fake-sim");
  EXPECT_EQ(info().default_ordinal, 1u);
  EXPECT_EQ(select("missing,fake-draft99"), HAL_ERR_INCOMPATIBLE);
  EXPECT_EQ(last_message(), "no backend of the list is usable: missing (not found) and fake-draft99 (abi_mismatch)");
  EXPECT_EQ(last_hint(),
            "run 'halprobe explain' to see the details; for fake-draft99: rebuild or reinstall the plugin");
}

TEST_F(Machine, APluginOfAnotherDraftIsRefusedWithBothNumbers) {
  install("fake-draft99");
  EXPECT_EQ(select("fake-draft99"), HAL_ERR_INCOMPATIBLE);
  EXPECT_TRUE(contains(last_message(), "99"));
  EXPECT_TRUE(contains(last_message(), "draft " + std::to_string(HAL_ABI_DRAFT)));
}

TEST_F(Machine, AFileWithoutANoteIsSkippedAndReportedOnce) {
  install("fake-nonote", "", "broken");
  install("fake-sim");
  ASSERT_EQ(select("fake-sim"), HAL_OK) << "a broken plugin never hides another plugin";
  EXPECT_EQ(select("broken"), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "no_note"));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_TRUE(contains(errors[0], "libhal-broken.so"));
}

TEST_F(Machine, ATruncatedFileIsReportedAndCrashesNothing) {
  const fs::path file = install("fake-sim");
  fs::resize_file(file, 6000);  // inside a segment; the bytes after the segments are only for debuggers
  EXPECT_EQ(select("fake-sim"), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "truncated")) << last_message();
}

TEST_F(Machine, ATextFileAndADanglingLinkAreReported) {
  std::ofstream(root / "libhal-text.so") << "not a shared object";
  fs::create_symlink("nowhere", root / "libhal-link.so");
  EXPECT_EQ(select("text"), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "not_elf"));
  EXPECT_EQ(select("link"), HAL_ERR_UNAVAILABLE);
  EXPECT_TRUE(contains(last_message(), "dangling_symlink"));
}

TEST_F(Machine, TheNameComesFromTheNoteNotFromTheFileName) {
  install("fake-sim", "", "other");
  EXPECT_EQ(select("other"), HAL_ERR_NOT_FOUND);
  EXPECT_EQ(select("fake-sim"), HAL_OK);
}

TEST_F(Machine, TheFirstDirectoryWinsAndHalPluginFilesReplacesAllDirectories) {
  const fs::path first = install("fake-sim", "first");
  const fs::path second = install("fake-sim", "second");
  const std::string path = (root / "first").string() + ":" + (root / "second").string();
  setenv("HAL_PLUGIN_PATH", path.c_str(), 1);
  ASSERT_EQ(select("fake-sim"), HAL_OK);
  EXPECT_EQ(fs::path(info().path), fs::canonical(first));
  ASSERT_EQ(hal_shutdown(), HAL_OK);
  started = false;

  setenv("HAL_PLUGIN_FILES", second.c_str(), 1);
  ASSERT_EQ(select("fake-sim"), HAL_OK);
  EXPECT_EQ(fs::path(info().path), fs::canonical(second));
  install("fake-npu", "first");
  EXPECT_EQ(select("fake-npu"), HAL_ERR_NOT_FOUND) << "HAL_PLUGIN_FILES allows only its own files";
}

TEST_F(Machine, TheCurrentDirectoryIsNeverSearched) {
  install("fake-sim", "here");
  const fs::path before = fs::current_path();
  fs::current_path(root / "here");
  EXPECT_EQ(select("fake-sim"), HAL_ERR_NOT_FOUND);
  fs::current_path(before);
}

TEST_F(Machine, ABadOptionOfAPluginNamesTheVariable) {
  install("fake-sim");
  setenv("HAL_FAKE_DEVICES", "9", 1);
  EXPECT_EQ(select("fake-sim"), HAL_ERR_INVALID_ARGUMENT);
  EXPECT_TRUE(contains(last_message(), "HAL_FAKE_DEVICES is \"9\""));
  EXPECT_TRUE(contains(last_message(), "from 0 to 8"));
  unsetenv("HAL_FAKE_DEVICES");
  EXPECT_EQ(select("fake-sim"), HAL_OK) << "it is enough to correct the variable";
}

TEST_F(Machine, SelectingWorksFromManyThreadsAtOnce) {
  install("fake-sim");
  ASSERT_EQ(hal_init(HAL_ABI_DRAFT), HAL_OK);
  started = true;
  std::vector<std::thread> threads;
  std::vector<hal_backend_t> found(8);
  for (hal_backend_t &one : found)
    threads.emplace_back([&one] { EXPECT_EQ(hal_backend_select("fake-sim", &one), HAL_OK) << last_message(); });
  for (std::thread &thread : threads) thread.join();
  for (hal_backend_t one : found) EXPECT_EQ(one, found[0]);
}

}  // namespace
}  // namespace hal::test
