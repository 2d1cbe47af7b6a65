// SPDX-License-Identifier: Apache-2.0
//
// Plugins that crash, hang, exit, print or throw, and their effect on a program that uses libhal.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "loader/loader_fixture.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

constexpr const char *kHostile[] = {"crashing", "exiting",        "hanging",       "loading",
                                    "printing", "probe-crashing", "probe-exiting", "throwing"};

class Hostile : public Loader {
 protected:
  void SetUp() override {
    Loader::SetUp();
    for (const char *plugin : kHostile) files.push_back(machine.add_plugin(plugin));
  }

  static bool is_mapped(const fs::path &file) {
    std::ifstream in("/proc/self/maps");
    return contains({std::istreambuf_iterator<char>(in), {}}, file.string());
  }

  void expect_none_is_loaded() {
    for (const fs::path &file : files) EXPECT_FALSE(is_mapped(file)) << file;
  }

  void select(const char *spec) {
    hal_backend_t backend = nullptr;
    ASSERT_EQ(hal_backend_select(spec, &backend), HAL_OK) << last_message();
    hal_device_t device = nullptr;
    ASSERT_EQ(hal_device_open(backend, 0, &device), HAL_OK) << last_message();
    EXPECT_EQ(hal_device_close(device), HAL_OK) << last_message();
  }

  // Probes a plugin in a child process. Returns the child's wait status; exit status 77: the probe returned.
  int probe_in_child(const std::string &plugin) {
    const fs::path file = machine.root() / ("libhal-" + plugin + ".so");
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn it into an exit
      ::alarm(2);                     // ends a probe that hangs
      hal_log_set_level(HAL_LOG_OFF);
      (void)probe(file);
      ::_exit(77);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }

  std::vector<fs::path> files;
};

TEST_F(Hostile, ListingThemRunsNoneOfTheirCode) {
  for (const fs::path &file : files) {
    const Found found = inspect(file);
    EXPECT_EQ(found.status, HAL_CANDIDATE_UNPROBED) << file << ": " << found.detail;
    EXPECT_EQ(found.reason, "");
  }
  expect_none_is_loaded();
  EXPECT_TRUE(errors.empty());
}

TEST_F(Hostile, AGoodPluginAmongThemIsFoundSelectedAndUsed) {
  const fs::path good = machine.add_good_plugin();
  EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);
  select("fake-sim");
  expect_none_is_loaded();
}

TEST_F(Hostile, NamingABackendLoadsOnlyThatOne) {
  const fs::path good = machine.add_good_plugin();
  const fs::path hardware = machine.add_hardware_plugin();
  start();
  select("fake-sim");
  EXPECT_TRUE(is_mapped(good));
  EXPECT_FALSE(is_mapped(hardware));
  expect_none_is_loaded();
}

TEST_F(Hostile, AListIsLoadedOnlyUpToItsFirstUsableName) {
  const fs::path good = machine.add_good_plugin();
  const fs::path hardware = machine.add_hardware_plugin();
  start();
  select("unknown,fake-sim,fake-npu,crashing");
  EXPECT_TRUE(is_mapped(good));
  EXPECT_FALSE(is_mapped(hardware));
  expect_none_is_loaded();
}

TEST_F(Hostile, WithoutANamedBackendOnlyHardwareIsLoaded) {
  const fs::path good = machine.add_good_plugin();
  machine.add_hardware_plugin();
  start();
  select(nullptr);
  EXPECT_FALSE(is_mapped(good));
  expect_none_is_loaded();
}

TEST_F(Hostile, ProbingOneThatCrashesEndsTheProbingProcess) {
  for (const char *plugin : {"crashing", "loading", "probe-crashing"}) {
    const int status = probe_in_child(plugin);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << plugin << " " << status;
  }
  EXPECT_EQ(probe(machine.add_good_plugin()).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Hostile, ProbingOneThatExitsEndsTheProbingProcess) {
  for (const char *plugin : {"exiting", "probe-exiting"}) {
    const int status = probe_in_child(plugin);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << plugin << " " << status;
  }
  EXPECT_EQ(probe(machine.add_good_plugin()).status, HAL_CANDIDATE_USABLE);
}

TEST_F(Hostile, ProbingOneThatHangsHangsTheProbingThread) {
  const int status = probe_in_child("hanging");
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) << status;
}

class Throwing : public Loader {
 protected:
  void expect_blame(const std::string &plugin, const std::string &part) {
    const fs::path file = machine.add_plugin(plugin);
    const fs::path good = machine.add_good_plugin();
    const Found found = probe(file);
    EXPECT_EQ(found.status, HAL_CANDIDATE_BROKEN);
    EXPECT_EQ(found.reason, "load_failed");
    EXPECT_TRUE(contains(found.detail, part)) << found.detail;
    EXPECT_TRUE(contains(found.hint, "the plugin's author")) << found.hint;
    EXPECT_FALSE(contains(found.detail + found.hint, "libhal")) << found.detail << found.hint;
    EXPECT_EQ(probe(good).status, HAL_CANDIDATE_USABLE);

    hal_backend_t backend = nullptr;
    EXPECT_EQ(hal_backend_select(plugin.c_str(), &backend), HAL_ERR_UNAVAILABLE);
    EXPECT_TRUE(contains(last_message(), "backend " + plugin + " is not usable here (load_failed)")) << last_message();
    EXPECT_TRUE(contains(last_message(), part)) << last_message();
    EXPECT_TRUE(contains(last_message(), file.string())) << last_message();
  }
};

TEST_F(Throwing, FromItsEntryFunctionBreaksOnlyThePlugin) {
  expect_blame("throwing", "its entry function threw an exception (P5): thrown on purpose");
}

TEST_F(Throwing, FromItsProbeBreaksOnlyThePlugin) {
  expect_blame("probe-throwing", "its probe threw an exception: thrown on purpose");
}

TEST_F(Throwing, OrFailingInItsProbeMeansBrokenNotAbsent) {
  expect_blame("probe-failing", "its probe failed with INTERNAL");
}

}  // namespace
}  // namespace hal::test
