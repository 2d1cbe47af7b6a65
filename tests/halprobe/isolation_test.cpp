// SPDX-License-Identifier: Apache-2.0
//
// What bad plugins do to halprobe: nothing but their own rows.
#include <chrono>
#include <map>

#include "run.hpp"

namespace hal::test {
namespace {

// The sanitizers' runtimes make processes start slowly.
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
  if (!HALPROBE_SANITIZED) expect_row(report, "crashing", "crashed", "SIGSEGV");  // they turn crashes into exits
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

TEST_F(Isolation, ASelectionThatWouldCrashTheProgramIsNoSelection) {
  machine.add_plugin("exiting");
  setenv("HAL_BACKEND", "exiting", 1);
  const Outcome outcome = halprobe({"check"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "would end the program")) << outcome.err;
}

TEST_F(Isolation, CanBeSwitchedOff) {
  machine.add_good_plugin();
  EXPECT_EQ(row(list({"--no-isolate"}), "fake-sim").at("status"), "usable");
  machine.add_plugin("exiting");
  EXPECT_EQ(halprobe({"list", "--json", "--no-isolate"}).out, "") << "then a plugin that exits takes halprobe with it";
}

TEST_F(Isolation, TwoHundredHostileFilesChangeOnlyTheirOwnRows) {
  std::map<std::string, std::string> expected;  // name: reason
  const auto numbered = [](const std::string &stem, int i) { return stem + (i < 10 ? "-0" : "-") + std::to_string(i); };
  for (int i = 0; i < 20; ++i) {
    const auto add = [&](const std::string &name, const char *reason) { expected[name] = reason; };
    machine.add_text(numbered("text", i));
    add(numbered("text", i), "not_elf");
    machine.add_truncated(numbered("truncated", i));
    add(numbered("truncated", i), "truncated");
    machine.add_wrong_architecture(numbered("foreign", i));
    add(numbered("foreign", i), "wrong_arch");
    machine.add_noteless(numbered("noteless", i));
    add(numbered("noteless", i), "no_note");
    machine.add_dangling_link(numbered("dangling", i));
    add(numbered("dangling", i), "dangling_symlink");
    machine.add_fifo(numbered("fifo", i));
    add(numbered("fifo", i), "unreadable");
    machine.add_folder(numbered("folder", i));
    add(numbered("folder", i), "unreadable");
    machine.add_renamed("crashing", numbered("crash", i));
    add(numbered("crash", i), HALPROBE_SANITIZED ? "" : "crashed");
    machine.add_renamed("hanging", numbered("hang", i));
    add(numbered("hang", i), "timeout");
    machine.add_renamed("exiting", numbered("exit", i));
    add(numbered("exit", i), "exited");
  }
  machine.add_good_plugin();
  ASSERT_EQ(expected.size(), 200u);
  const auto start = std::chrono::steady_clock::now();
  const nlohmann::json report = list({"--timeout", std::to_string(kTimeoutMs)});
  const auto took = std::chrono::steady_clock::now() - start;
  // A sanitizer's programs take long to start: there it only has to end.
  EXPECT_TRUE(HALPROBE_SANITIZED || took <= std::chrono::milliseconds(kTimeoutMs + 1000));
  for (const auto &[name, reason] : expected) {
    const nlohmann::json found = row(report, name);
    EXPECT_EQ(found.at("status"), "broken") << name;
    if (!reason.empty()) {
      EXPECT_EQ(found.at("reason"), reason) << name << ": " << found.at("detail");
    }
  }
  EXPECT_EQ(row(report, "fake-sim").at("status"), "usable");
  EXPECT_EQ(row(report, "a2a3-sim").at("status"), "usable");
}

}  // namespace
}  // namespace hal::test
