// SPDX-License-Identifier: Apache-2.0
//
// halprobe doctor: the findings of plugins about the machine, and the effects of bad plugins.
#include "run.hpp"

namespace hal::test {
namespace {

class Doctor : public Probe {
 protected:
  static nlohmann::json diagnose(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"doctor", "--json"});
    return nlohmann::json::parse(halprobe(arguments).out).at("report");
  }

  static nlohmann::json of(const nlohmann::json &report, const std::string &name) {
    for (const auto &backend : report.at("backends"))
      if (backend.at("name") == name) return backend;
    ADD_FAILURE() << "no diagnosis of " << name;
    return {};
  }

  void expect_cut_off(const nlohmann::json &report, const std::string &name, const std::string &reason) {
    const nlohmann::json found = of(report, name);
    EXPECT_EQ(found.at("reason"), reason) << name;
    EXPECT_FALSE(found.at("hint").is_null()) << name;
    ASSERT_EQ(found.at("findings").size(), 1u) << name << ": earlier findings stay";
    EXPECT_EQ(found.at("findings")[0].at("name"), "the act");
  }
};

TEST_F(Doctor, PrintsTheMachineAndThenEachBackend) {
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"doctor"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(outcome.out.starts_with("machine\n")) << outcome.out;
  for (const char *part : {"page size", "locked memory", "\nfake-sim  usable\n", "next: FAKE_VENDOR_DEVICES: set it",
                           "\na2a3-sim  usable\n", "address space"})
    EXPECT_TRUE(contains(outcome.out, part)) << part << "\n" << outcome.out;
}

TEST_F(Doctor, ANamedBackendWithAProblemExitsWithThree) {
  machine.add_good_plugin();
  EXPECT_EQ(halprobe({"doctor", "fake-sim"}).exit_code, 0);
  setenv("HAL_FAKE_PRESENT", "0", 1);
  const Outcome outcome = halprobe({"doctor", "fake-sim"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.out, "fake-sim  absent (no_device)")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "next: driver: install it")) << "also if the probe fails: " << outcome.out;
  EXPECT_FALSE(contains(outcome.out, "a2a3-sim")) << outcome.out;
  EXPECT_TRUE(contains(outcome.err, "fake-sim has 1 problem on this machine")) << outcome.err;
  EXPECT_EQ(halprobe({"doctor"}).exit_code, 0) << "no backend was named";
  unsetenv("HAL_FAKE_PRESENT");
}

TEST_F(Doctor, AnUnknownNameGetsTheNearestOne) {
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"doctor", "fake-sin"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "did you mean 'fake-sim'?")) << outcome.err;
}

TEST_F(Doctor, APluginThatCrashesOrHangsKeepsItsEarlierFindings) {
  machine.add_plugin("crashing-later");
  machine.add_plugin("exiting-later");
  machine.add_plugin("hanging-later");
  machine.add_plugin("throwing-later");
  machine.add_good_plugin();
  const nlohmann::json report = diagnose({"--timeout", HALPROBE_SANITIZED ? "5000" : "1000"});
  if (!HALPROBE_SANITIZED) expect_cut_off(report, "crashing-later", "crashed");  // sanitizers turn crashes into exits
  expect_cut_off(report, "exiting-later", "exited");
  expect_cut_off(report, "hanging-later", "timeout");
  expect_cut_off(report, "throwing-later", "failed");
  EXPECT_EQ(of(report, "fake-sim").at("reason"), nullptr);
  EXPECT_EQ(of(report, "fake-sim").at("findings").size(), 3u);
  EXPECT_EQ(of(report, "a2a3-sim").at("reason"), nullptr);
}

TEST_F(Doctor, ANamedPluginWhoseDiagnosisCrashesExitsWithThree) {
  machine.add_plugin("exiting-later");
  const Outcome outcome = halprobe({"doctor", "exiting-later"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "the diagnosis of exiting-later failed")) << outcome.err;
}

TEST_F(Doctor, APrintingPluginReachesNeitherOutput) {
  machine.add_plugin("printing-later");
  for (const char *mode : {"--color=auto", "--no-isolate"}) {
    const Outcome outcome = halprobe({"doctor", mode});
    EXPECT_TRUE(contains(outcome.out, "the act")) << outcome.out;
    EXPECT_FALSE(contains(outcome.out + outcome.err, "no plugin may print")) << mode << outcome.out << outcome.err;
  }
}

TEST_F(Doctor, APluginThatWritesToTheAnswersDescriptorChangesNothing) {
  machine.add_plugin("scribbling-later");
  const nlohmann::json found = of(diagnose(), "scribbling-later");
  EXPECT_EQ(found.at("reason"), nullptr);
  EXPECT_EQ(found.at("findings").size(), 1u);
  EXPECT_EQ(halprobe({"explain-error", "errno:12"}).exit_code, 0);
}

TEST_F(Doctor, APluginWithoutADiagnosisIsReportedAsUnsupported) {
  machine.add_plugin("printing");
  const nlohmann::json found = of(diagnose(), "printing");
  EXPECT_EQ(found.at("reason"), "unsupported");
  EXPECT_EQ(halprobe({"doctor", "printing"}).exit_code, 0);
}

TEST_F(Doctor, AFileThatCannotBeLoadedIsNotAsked) {
  machine.add_text();
  const nlohmann::json report = diagnose();
  for (const auto &backend : report.at("backends")) EXPECT_NE(backend.at("name"), "text");
}

TEST_F(Doctor, ASimulatorThatExceedsTheLimitsNamesWhatToSet) {
  const Outcome outcome = run_program({"bash", "-c", "ulimit -f 1024; exec " HALPROBE " doctor a2a3-sim"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.out, "next: file size: raise ulimit -f")) << outcome.out;
  setenv("HAL_SIM_MEMORY", "512K", 1);
  setenv("HAL_SIM_MAPPED_MEMORY", "1M", 1);
  setenv("HAL_SIM_SANITIZE", "0", 1);  // red zones need memory, too
  // Guard pages need addresses: the file of 1 MiB of mapped memory has 1.5 MiB, and a map of its pages.
  EXPECT_EQ(run_program({"bash", "-c", "ulimit -f 1600; exec " HALPROBE " doctor a2a3-sim"}).exit_code, 0);
  unsetenv("HAL_SIM_MEMORY");
  unsetenv("HAL_SIM_MAPPED_MEMORY");
  unsetenv("HAL_SIM_SANITIZE");
}

}  // namespace
}  // namespace hal::test
