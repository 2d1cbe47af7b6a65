// SPDX-License-Identifier: Apache-2.0
//
// Files that others can change, and names that others chose, on the way to a terminal.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "run.hpp"

namespace hal::test {
namespace {

namespace fs = std::filesystem;

// A simulator with the program that it runs and the library that it loads, in <root>/above/own.
class Simulator : public Probe {
 protected:
  void SetUp() override {
    fs::create_directories(folder());
    for (const char *name : {"libhal-a2a3-sim.so", "hal-sim-device", "hal-sim-hooks.so"}) {
      fs::copy_file(fs::path(HAL_SIM_PLUGIN_DIR) / name, folder() / name);
      fs::permissions(folder() / name, fs::perms(0755));
    }
    for (const fs::path &path : {machine.root(), folder().parent_path(), folder()})
      fs::permissions(path, fs::perms(0755));
    setenv("HAL_PLUGIN_FILES", (folder() / "libhal-a2a3-sim.so").c_str(), 1);
  }
  fs::path folder() const { return machine.root() / "above" / "own"; }
  fs::path trace() const { return machine.root() / "trace"; }

  // A program in the place of another that leaves a trace.
  void replace(const fs::path &program) const {
    fs::remove(program);
    std::ofstream(program) << "#!/bin/sh\necho ran > " << trace().string() << "\n";
    fs::permissions(program, fs::perms(0777));
  }

  void expect_refused(const std::string &name) {
    const nlohmann::json found = row(list(), "a2a3-sim");
    EXPECT_EQ(found.at("status"), "absent") << name;
    EXPECT_EQ(found.at("reason"), "untrusted_path") << name;
    EXPECT_TRUE(contains(found.at("detail"), (folder() / name).string() + " is not trusted")) << found.at("detail");
    const Outcome outcome = halprobe({"probe", "a2a3-sim:0"});
    EXPECT_EQ(outcome.exit_code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(contains(outcome.err, name)) << outcome.err;
    EXPECT_FALSE(fs::exists(trace())) << name << " ran";
  }
};

TEST_F(Simulator, LeavesATraceIfItsProgramMayRun) {
  replace(folder() / "hal-sim-device");
  fs::permissions(folder() / "hal-sim-device", fs::perms(0755));
  EXPECT_NE(halprobe({"probe", "a2a3-sim:0"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(trace())) << "the next test proves nothing without this";
}

TEST_F(Simulator, DoesNotRunAProgramThatEveryoneMayWrite) {
  replace(folder() / "hal-sim-device");
  expect_refused("hal-sim-device");
}

TEST_F(Simulator, DoesNotLoadHooksThatEveryoneMayWrite) {
  fs::permissions(folder() / "hal-sim-hooks.so", fs::perms(0757));
  expect_refused("hal-sim-hooks.so");
}

TEST_F(Simulator, DoesNotRunAProgramThatIsALinkThroughADirectoryOfEveryone) {
  fs::create_directory(machine.root() / "open");
  fs::permissions(machine.root() / "open", fs::perms(0777));
  fs::rename(folder() / "hal-sim-device", machine.root() / "open" / "device");
  fs::create_symlink("../../open/device", folder() / "hal-sim-device");
  expect_refused("hal-sim-device");
}

TEST_F(Simulator, WhoseProgramAGroupMayWriteIsUsedWithADoubt) {
  fs::permissions(folder() / "hal-sim-device", fs::perms(0775));
  const Outcome explained = halprobe({"explain", "a2a3-sim"});
  EXPECT_EQ(explained.exit_code, 0) << explained.out << explained.err;
  EXPECT_TRUE(contains(explained.out, "untrusted: a group may write the file")) << explained.out;
  EXPECT_TRUE(contains(explained.out, (folder() / "hal-sim-device").string())) << explained.out;
  EXPECT_EQ(halprobe({"probe", "a2a3-sim:0"}).exit_code, 0);
}

TEST_F(Simulator, InATrustedPlaceHasNoDoubt) {
  EXPECT_FALSE(contains(halprobe({"explain", "a2a3-sim"}).out, "untrusted"));
}

TEST_F(Simulator, BelowADirectoryOfEveryoneIsRefused) {
  fs::permissions(folder().parent_path(), fs::perms(0777));
  const nlohmann::json found = row(list(), "a2a3-sim");
  EXPECT_EQ(found.at("status"), "broken");
  EXPECT_EQ(found.at("reason"), "untrusted_path");
}

constexpr const char *kHostile =
    "\x1B]0;owned\a\n[libhal] forged \x7F\xC2\x9B"
    "2J\xFF";
constexpr const char *kShown = "\\x1b]0;owned\\x07\\x0a[libhal] forged \\x7f\\xc2\\x9b2J\\xff";

class HostileText : public Probe {
 protected:
  static void expect_harmless(const Outcome &outcome) {
    for (const std::string &text : {outcome.out, outcome.err}) {
      for (const char *bytes : {"\x1B", "\a", "\x7F", "\xC2\x9B", "\xFF", "\n[libhal] forged"})
        EXPECT_FALSE(contains(text, bytes)) << text;
    }
    EXPECT_TRUE(contains(outcome.out + outcome.err, kShown)) << outcome.out << outcome.err;
  }
};

TEST_F(HostileText, InTheNameOfAFileIsEscaped) {
  machine.add_text(kHostile);
  machine.add_good_plugin();
  expect_harmless(halprobe({"list", "-v"}));
  expect_harmless(halprobe({"explain"}));
}

TEST_F(HostileText, InArgumentsIsEscaped) {
  expect_harmless(halprobe({kHostile}));
  expect_harmless(halprobe({"probe", kHostile}));
  expect_harmless(halprobe({"explain-error", kHostile}));
  expect_harmless(halprobe({"list", "--columns", kHostile}));
}

TEST_F(HostileText, InVariablesIsEscaped) {
  setenv("HAL_BACKEND", kHostile, 1);
  expect_harmless(halprobe({"check"}));
  expect_harmless(halprobe({"env"}));
}

}  // namespace
}  // namespace hal::test
