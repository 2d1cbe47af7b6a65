// SPDX-License-Identifier: Apache-2.0
//
// halprobe explain-error: the meaning of a code, and the backends that know it.
#include "run.hpp"

namespace hal::test {
namespace {

class ExplainError : public Probe {
 protected:
  static nlohmann::json explain(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"explain-error", "--json"});
    return nlohmann::json::parse(halprobe(arguments).out).at("report");
  }
};

TEST_F(ExplainError, PrintsStatusCauseNextStepAndBackends) {
  machine.add_good_plugin();
  machine.add_hardware_plugin();
  const Outcome outcome = halprobe({"explain-error", "fake:42"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "42 of domain fake: BUSY\n"
            "  cause: a test requested this failure\n"
            "  next:  remove the request\n"
            "  from:  fake-npu, fake-sim\n");
}

TEST_F(ExplainError, ABackendWithoutADeviceAnswersToo) {
  machine.add_good_plugin();
  setenv("HAL_FAKE_PRESENT", "0", 1);
  EXPECT_EQ(halprobe({"explain-error", "fake:42"}).exit_code, 0);
  unsetenv("HAL_FAKE_PRESENT");
}

TEST_F(ExplainError, WithoutADomainLibhalAndAllPluginsAreAsked) {
  machine.add_good_plugin();
  const nlohmann::json answers = explain({"42"}).at("answers");
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].at("domain"), "fake");
  EXPECT_EQ(answers[1].at("domain"), "errno");
  EXPECT_EQ(answers[1].at("backends")[0], "libhal");
}

TEST_F(ExplainError, CodesAreDecimalOrHexadecimalAndMayBeNegative) {
  EXPECT_EQ(explain({"errno:0xC"}).at("code"), 12);
  EXPECT_EQ(explain({"-8"}).at("answers")[0].at("status"), "OUT_OF_MEMORY");
  EXPECT_EQ(explain({"hal:-0x8"}).at("answers")[0].at("status"), "OUT_OF_MEMORY");
  EXPECT_EQ(explain({"-9223372036854775808"}).at("code"), INT64_MIN);
  EXPECT_EQ(explain({"9223372036854775807"}).at("code"), INT64_MAX);
}

TEST_F(ExplainError, CodesMayBeTheNamesThatMessagesPrint) {
  for (const char *name : {"KERNEL_FAULT", "HAL_ERR_KERNEL_FAULT", "hal:KERNEL_FAULT", "kernel_fault", "-33"}) {
    const nlohmann::json report = explain({name});
    EXPECT_EQ(report.at("code"), -33) << name;
    EXPECT_EQ(report.at("answers").at(0).at("status"), "KERNEL_FAULT") << name;
  }
  for (const char *name : {"ENOMEM", "errno:ENOMEM", "enomem", "errno:12"}) {
    const nlohmann::json report = explain({name});
    EXPECT_EQ(report.at("code"), 12) << name;
    EXPECT_EQ(report.at("domain"), "errno") << name;
    EXPECT_EQ(report.at("answers").at(0).at("status"), "OUT_OF_MEMORY") << name;
  }
  EXPECT_EQ(explain({"UNKNOWN"}).at("code"), -2);
  for (const char *name : {"OK", "HAL_OK"})
    EXPECT_TRUE(contains(halprobe({"explain-error", name}).err, "0 is not an error")) << name;
}

TEST_F(ExplainError, ASimulatorExplainsTheSignalsOfItsKernels) {
  const nlohmann::json answers = explain({"sim:11"}).at("answers");
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].at("status"), "KERNEL_FAULT");
  EXPECT_EQ(answers[0].at("backends"), nlohmann::json({"a2a3-sim", "a5-sim"}));
}

TEST_F(ExplainError, AnUnknownCodeExitsWithThreeAndNamesTheBackendsThatWereChecked) {
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"explain-error", "987654"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "unknown code 987654 (checked: libhal, ")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "fake-sim")) << outcome.err;
  const Outcome other = halprobe({"explain-error", "nowhere:42"});
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_TRUE(contains(other.err, "unknown code 42 of domain 'nowhere' (checked: ")) << other.err;
  EXPECT_TRUE(contains(halprobe({"explain-error", "0"}).err, "0 is not an error"));
}

TEST_F(ExplainError, APluginThatCrashesOrHangsLosesOnlyItsOwnAnswer) {
  machine.add_plugin("crashing-later");
  machine.add_plugin("exiting-later");
  machine.add_plugin("hanging-later");
  machine.add_good_plugin();
  const Outcome outcome =
      halprobe({"explain-error", "fake:42", "--json", "--timeout", HALPROBE_SANITIZED ? "5000" : "1000"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(contains(outcome.err, "exiting-later did not answer")) << outcome.err;
  const nlohmann::json report = nlohmann::json::parse(outcome.out).at("report");
  EXPECT_EQ(report.at("answers").size(), 1u);
  EXPECT_EQ(report.at("failed").size(), 3u) << report;
}

TEST_F(ExplainError, BrokenFilesDoNotMatter) {
  machine.add_text();
  machine.add_truncated();
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"explain-error", "fake:42"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(halprobe({"explain-error", "fake:42", "--strict"}).exit_code, 4);
}

TEST_F(ExplainError, WorksInThisProcessToo) {
  machine.add_good_plugin();
  EXPECT_TRUE(contains(halprobe({"explain-error", "fake:42", "--no-isolate"}).out, "BUSY"));
}

}  // namespace
}  // namespace hal::test
