// SPDX-License-Identifier: Apache-2.0
//
// Bad plugins change only their own rows.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "run.hpp"

namespace hal::test {
namespace {

// Processes with a sanitizer's runtime start slowly.
constexpr int kTimeoutMs = 10'000;

class Isolation : public Probe {
 protected:
  void expect_row(const nlohmann::json &report, const std::string &name, const std::string &reason,
                  const std::string &part) {
    const nlohmann::json found = row(report, name);
    EXPECT_EQ(found.at("status"), "broken") << name;
    EXPECT_EQ(found.at("reason"), reason) << name;
    EXPECT_TRUE(contains(found.at("detail"), part)) << found.at("detail");
    EXPECT_FALSE(found.at("hint").is_null());
  }
};

TEST_F(Isolation, TellsThreeEndingsApart) {
  machine.add_plugin("crashing");
  machine.add_plugin("exiting");
  machine.add_plugin("hanging");
  machine.add_good_plugin();
  const nlohmann::json report = list({"--timeout", HALPROBE_SANITIZED ? "5000" : "1000"});
  if (!HALPROBE_SANITIZED) expect_row(report, "crashing", "crashed", "SIGSEGV");  // sanitizers turn crashes into exits
  expect_row(report, "exiting", "exited", "exit status 0");
  expect_row(report, "hanging", "timeout", "000 ms");
  EXPECT_EQ(row(report, "fake-sim").at("status"), "usable");
}

TEST_F(Isolation, APrintingPluginReachesNeitherOutput) {
  machine.add_plugin("printing");
  for (const char *mode : {"--color=auto", "--no-isolate"}) {
    const Outcome outcome = halprobe({"list", mode, "-v"});
    EXPECT_TRUE(contains(outcome.out, "printing      usable")) << outcome.out;
    EXPECT_FALSE(contains(outcome.out + outcome.err, "no plugin may print")) << mode << outcome.out << outcome.err;
  }
}

TEST_F(Isolation, ASelectionThatWouldCrashTheProgramIsRefused) {
  machine.add_plugin("exiting");
  setenv("HAL_BACKEND", "exiting", 1);
  const Outcome outcome = halprobe({"check"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "would end the program")) << outcome.err;
}

// Each limit makes another call fail: pipe2, fork or pidfd_open.
TEST_F(Isolation, WithoutDescriptorsForItsProcessesItSaysWhichLimitToRaise) {
  if (HALPROBE_SANITIZED) GTEST_SKIP() << "a sanitizer's runtime needs descriptors, too";
  machine.add_good_plugin();
  int refused = 0;
  for (int limit = 5; limit <= 24; ++limit) {
    SCOPED_TRACE(limit);
    const Outcome outcome =
        run_program({"/bin/sh", "-c", "ulimit -n " + std::to_string(limit) + "; exec \"$0\" list --json", HALPROBE});
    constexpr int kNotLoaded = 127;  // the dynamic linker needs descriptors, too
    if (outcome.exit_code == 0 || outcome.exit_code == kNotLoaded) continue;
    EXPECT_TRUE(contains(outcome.err, "Too many open files")) << outcome.err;
    EXPECT_EQ(outcome.out, "") << "no incomplete answer";
    if (contains(outcome.err, "ulimit -n")) ++refused;
  }
  EXPECT_GE(refused, 2);
}

TEST_F(Isolation, CanBeSwitchedOff) {
  machine.add_good_plugin();
  EXPECT_EQ(row(list({"--no-isolate"}), "fake-sim").at("status"), "usable");
  machine.add_plugin("exiting");
  EXPECT_EQ(halprobe({"list", "--json", "--no-isolate"}).out, "") << "a plugin that exits ends halprobe";
}

// A directory with every kind of file that a plugin directory may have, and the expected row of each.
class HostileDirectory : public Isolation {
 protected:
  struct Expected {
    std::string status, reason;
  };

  static std::string numbered(const std::string &stem, int i) {
    return stem + (i < 10 ? "-0" : "-") + std::to_string(i);
  }

  void expect(const std::filesystem::path &path, const std::string &status, const std::string &reason) {
    expected[path.string()] = {status, reason};
  }

  void add_files(int i) {
    expect(machine.add_text(numbered("text", i)), "broken", "not_elf");
    expect(machine.add_truncated(numbered("truncated", i)), "broken", "truncated");
    expect(machine.add_wrong_architecture(numbered("foreign", i)), "broken", "wrong_arch");
    expect(machine.add_noteless(numbered("noteless", i)), "broken", "no_note");
    expect(machine.add_dangling_link(numbered("dangling", i)), "broken", "dangling_symlink");
    expect(machine.add_looping_link(numbered("looping", i)), "broken", "dangling_symlink");
    expect(machine.add_fifo(numbered("fifo", i)), "broken", "unreadable");
    expect(machine.add_folder(numbered("folder", i)), "broken", "unreadable");
    expect(machine.add_world_writable(numbered("writable", i)), "broken", "untrusted_path");
    expect(machine.add_twin(numbered("twin", i)), "shadowed", "shadowed");
    if (::geteuid() != 0)  // root reads everything
      expect(machine.add_unreadable(numbered("unreadable", i)), "broken", "permission_denied");
  }

  void add_plugins(int i) {
    expect(machine.add_renamed("entryless", numbered("noentr", i)), "broken", "no_entry_point");
    expect(machine.add_renamed("fake-draft99", numbered("newdrafts", i)), "broken", "abi_mismatch");
    expect(machine.add_renamed("throwing", numbered("throw", i)), "broken", "load_failed");
    expect(machine.add_renamed("crashing", numbered("crash", i)), "broken", HALPROBE_SANITIZED ? "" : "crashed");
    expect(machine.add_renamed("hanging", numbered("hang", i)), "broken", "timeout");
    expect(machine.add_renamed("exiting", numbered("exit", i)), "broken", "exited");
    expect(machine.add_renamed("printing", numbered("print", i)), "usable", "");
  }

  // One second on an idle machine; proportionally more on a busy one.
  static std::chrono::duration<double> a_second() {
    double load = 0;
    if (::getloadavg(&load, 1) != 1) load = 0;
    return std::chrono::duration<double>(std::max(1.0, load / static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN))));
  }

  std::map<std::string, Expected> expected;
};

TEST_F(HostileDirectory, OfTwoHundredFilesHasEveryRowRightAndTheGoodPluginUsable) {
  const std::string good = machine.add_good_plugin();
  for (int i = 0; i < 12; ++i) {
    add_files(i);
    add_plugins(i);
  }
  ASSERT_GE(expected.size(), 200u);
  const auto start = std::chrono::steady_clock::now();
  const nlohmann::json report = list({"--timeout", std::to_string(kTimeoutMs)});
  const auto took = std::chrono::steady_clock::now() - start;
  // Programs with a sanitizer start slowly: there is no limit for them.
  if (!HALPROBE_SANITIZED) {
    EXPECT_LE(std::chrono::duration<double>(took).count(),
              (std::chrono::milliseconds(kTimeoutMs) + a_second()).count());
  }
  std::map<std::string, nlohmann::json> rows;
  for (const auto &row : report.at("backends")) rows[row.at("path")] = row;
  for (const auto &[path, wanted] : expected) {
    ASSERT_TRUE(rows.contains(path)) << path;
    EXPECT_EQ(rows[path].at("status"), wanted.status) << path << ": " << rows[path].at("detail");
    if (wanted.status == "broken" && !wanted.reason.empty()) {
      EXPECT_EQ(rows[path].at("reason"), wanted.reason) << path << ": " << rows[path].at("detail");
    }
  }
  EXPECT_EQ(rows[good].at("status"), "usable");
  EXPECT_EQ(row(report, "a2a3-sim").at("status"), "usable");
  EXPECT_EQ(halprobe({"check", "fake-sim"}).exit_code, 0);
}

}  // namespace
}  // namespace hal::test
