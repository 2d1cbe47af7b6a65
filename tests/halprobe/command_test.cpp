// SPDX-License-Identifier: Apache-2.0
//
// Tables, exit statuses and colours.
#include <filesystem>
#include <regex>
#include <sstream>

#include "run.hpp"

namespace hal::test {
namespace {

class Commands : public Probe {};

TEST_F(Commands, TheListIsATableWithoutTrailingBlanks) {
  machine.add_good_plugin();
  machine.add_truncated();
  const Outcome outcome = halprobe({});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "") << "broken plugins are rows, not diagnostics";
  std::istringstream lines(outcome.out);
  std::string header;
  std::getline(lines, header);
  EXPECT_TRUE(header.starts_with("NAME ")) << header;
  const std::size_t status = header.find("STATUS");
  for (std::string line; std::getline(lines, line);) {
    EXPECT_NE(line.back(), ' ') << line;
    EXPECT_EQ(line[status - 1], ' ') << line;
    EXPECT_NE(line[status], ' ') << line;
  }
  EXPECT_TRUE(contains(outcome.out, "truncated")) << outcome.out;
}

TEST_F(Commands, ColumnsAndHeaderAreChosen) {
  const std::string plugin = machine.add_good_plugin();
  setenv("HAL_PLUGIN_FILES", plugin.c_str(), 1);
  EXPECT_TRUE(contains(halprobe({"--no-header", "--columns", "status,name"}).out, "usable    fake-sim\n"));
}

TEST_F(Commands, AHostileFileNameCannotControlTheTerminal) {
  machine.add_text("evil\033[31m\nname");
  const Outcome outcome = halprobe({});
  EXPECT_TRUE(contains(outcome.out, "evil\\x1b[31m\\x0aname")) << outcome.out;
}

// In another directory than the build tree, which has plugins beside its libhal.
TEST_F(Commands, AListOfNothingIsAHeaderAndAHint) {
  const std::filesystem::path program = machine.root() / "halprobe";
  std::filesystem::copy_file(HALPROBE, program);
  std::filesystem::copy_file(HAL_LIBRARY, machine.root() / "libhal.so.0");
  const Outcome outcome =
      run_program({"env", "LD_LIBRARY_PATH=" + machine.root().string(), program, "--columns", "name,status"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "NAME  STATUS\n");
  EXPECT_TRUE(contains(outcome.err, "no plugin was found")) << outcome.err;
  const Outcome check = run_program({"env", "LD_LIBRARY_PATH=" + machine.root().string(), program, "check"});
  EXPECT_EQ(check.exit_code, 3);
  EXPECT_TRUE(contains(check.err, "halprobe: no plugin was found\nhalprobe: hint: install a plugin, or set "))
      << check.err;
}

TEST_F(Commands, ANamedFileThatDoesNotExistIsARow) {
  setenv("HAL_PLUGIN_FILES", (machine.root() / "libhal-none.so").c_str(), 1);
  const Outcome outcome = halprobe({"--columns", "name,status,reason"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(contains(outcome.out, "none          broken    unreadable")) << outcome.out;
}

TEST_F(Commands, CheckOfAUsableBackendIsSilent) {
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"check", "fake-sim"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Commands, CheckOfABrokenBackendPrintsTheReasonAndExitsWithThree) {
  machine.add_truncated();
  const Outcome outcome = halprobe({"check", "truncated"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "truncated is not usable (truncated)")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "hint:")) << outcome.err;
}

TEST_F(Commands, CheckOfAnAbsentBackendExitsWithThree) {
  machine.add_good_plugin();
  setenv("HAL_FAKE_PRESENT", "0", 1);
  const Outcome outcome = halprobe({"check", "fake-sim"});
  unsetenv("HAL_FAKE_PRESENT");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "no_device")) << outcome.err;
}

TEST_F(Commands, CheckOfAnUnknownBackendSuggestsOne) {
  machine.add_good_plugin();
  const Outcome outcome = halprobe({"check", "fake-sin"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(contains(outcome.err, "did you mean 'fake-sim'?")) << outcome.err;
}

TEST_F(Commands, CheckOfAChipsNameSuggestsTheBackendsOfThatChip) {
  const std::string onboard = "'a2a3-onboard' or 'a2a3-sim'";
  const std::pair<const char *, std::string> cases[] = {{"a2-sim", "'a2a3-sim'"},
                                                        {"a3-sim", "'a2a3-sim'"},
                                                        {"910b-sim", "'a2a3-sim'"},
                                                        {"910_93-sim", "'a2a3-sim'"},
                                                        {"ascend910b-sim", "'a2a3-sim'"},
                                                        {"a3-onboard", "'a2a3-onboard'"},
                                                        {"a2", onboard},
                                                        {"910b", onboard},
                                                        {"910_93", onboard},
                                                        {"Ascend910B4", onboard},
                                                        {"ascend910_9391", onboard},
                                                        {"950-sim", "'a5-sim'"},
                                                        {"ascend950-sim", "'a5-sim'"},
                                                        {"950pr-onboard", "'a5-onboard'"},
                                                        {"950", "'a5-onboard' or 'a5-sim'"},
                                                        {"ascend950", "'a5-onboard' or 'a5-sim'"}};
  for (const auto &[name, meant] : cases) {
    const Outcome outcome = halprobe({"check", name});
    EXPECT_EQ(outcome.exit_code, 3) << name;
    EXPECT_TRUE(contains(outcome.err, "unknown backend '" + std::string(name) + "', did you mean " + meant + "?\n"))
        << outcome.err;
  }
  EXPECT_FALSE(contains(halprobe({"check", "a2a3-sim:0"}).err, "did you mean")) << "no plugin is loaded for it";
}

// Three lines of 100 columns, the cause first.
TEST_F(Commands, CheckWithoutHardwareOrHalBackendPrintsAShortError) {
  const Outcome outcome = halprobe({"check"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_TRUE(
      outcome.err.starts_with("halprobe: no Ascend device is usable on this machine, and HAL_BACKEND is not set "
                              "(a2a3-onboard: driver_missing, a5-onboard: driver_missing)\n"
                              "halprobe: hint: set HAL_BACKEND=a2a3-sim (or a5-sim"))
      << outcome.err;
  EXPECT_TRUE(outcome.err.ends_with(") to use a simulator, or run 'halprobe explain' to see why\n")) << outcome.err;
  EXPECT_LE(outcome.err.size(), 300u) << outcome.err;
}

TEST_F(Commands, ABareCheckReportsTheSelectionOfAProgram) {
  machine.add_good_plugin();
  const Outcome nothing = halprobe({"check"});
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_TRUE(contains(nothing.err, "HAL_BACKEND=")) << nothing.err;
  setenv("HAL_BACKEND", "fake-sim", 1);
  EXPECT_EQ(halprobe({"check"}).exit_code, 0);
  unsetenv("HAL_BACKEND");
  machine.add_hardware_plugin();
  EXPECT_EQ(halprobe({"check"}).exit_code, 0);
}

TEST_F(Commands, StrictExitsWithFourIfAPluginIsBroken) {
  machine.add_good_plugin();
  EXPECT_EQ(halprobe({"--strict"}).exit_code, 0);
  machine.add_text();
  EXPECT_EQ(halprobe({"--strict"}).exit_code, 4);
  EXPECT_EQ(halprobe({}).exit_code, 0);
}

TEST_F(Commands, ABadVariableExitsWithFive) {
  machine.add_good_plugin();
  setenv("HAL_FAKE_DEVICES", "many", 1);
  const Outcome of_plugin = halprobe({"check", "fake-sim"});
  unsetenv("HAL_FAKE_DEVICES");
  EXPECT_EQ(of_plugin.exit_code, 5);
  EXPECT_TRUE(contains(of_plugin.err, "HAL_FAKE_DEVICES is \"many\"")) << of_plugin.err;
  setenv("HAL_BACKEND", "Bad Name", 1);
  const Outcome of_core = halprobe({"env"});
  EXPECT_EQ(of_core.exit_code, 5);
  EXPECT_TRUE(contains(of_core.out, "Bad Name")) << "the variables are shown nevertheless: " << of_core.out;
  EXPECT_TRUE(contains(of_core.err, "HAL_BACKEND")) << of_core.err;
}

TEST_F(Commands, AnUnknownProductIsABadVariableAndNotAnAbsentDevice) {
  setenv("HAL_SIM_SKU", "nonsense", 1);
  for (const std::vector<std::string> &command :
       {std::vector<std::string>{"list"}, {"check", "a2a3-sim"}, {"probe", "a5-sim"}, {"env"}}) {
    const Outcome outcome = halprobe(command);
    EXPECT_EQ(outcome.exit_code, 5) << command.front();
    for (const char *part : {"HAL_SIM_SKU is \"nonsense\"", "Ascend910B1", "Ascend950DT_9591"})
      EXPECT_TRUE(contains(outcome.err, part)) << command.front() << ": " << outcome.err;
  }
  const nlohmann::json report = list();
  unsetenv("HAL_SIM_SKU");
  EXPECT_EQ(row(report, "a5-sim").at("status"), "broken");
  EXPECT_EQ(row(report, "a5-sim").at("reason"), "load_failed");
  EXPECT_EQ(row(report, "a5-sim").at("hint"), "correct or unset HAL_SIM_SKU");
}

TEST_F(Commands, AProductOfOneChipMakesTheSimulatorOfTheOtherAbsent) {
  setenv("HAL_SIM_SKU", "Ascend910B4", 1);
  const nlohmann::json report = list();
  const Outcome strict = halprobe({"--strict"});
  unsetenv("HAL_SIM_SKU");
  EXPECT_EQ(row(report, "a2a3-sim").at("status"), "usable");
  EXPECT_EQ(row(report, "a5-sim").at("status"), "absent");
  EXPECT_EQ(row(report, "a5-sim").at("reason"), "wrong_soc");
  EXPECT_TRUE(contains(row(report, "a5-sim").at("detail"), "not a product of Ascend A5"));
  EXPECT_EQ(strict.exit_code, 0) << strict.err;
}

TEST_F(Commands, ABadNumberOfASimulatorIsABadVariable) {
  setenv("HAL_SIM_DEVICES", "abc", 1);
  const Outcome outcome = halprobe({"--columns", "name,status,reason"});
  unsetenv("HAL_SIM_DEVICES");
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_TRUE(contains(outcome.err, "HAL_SIM_DEVICES is \"abc\"; allowed is a decimal number from 1 to 64"));
  for (const char *simulator : {"a2a3-sim", "a5-sim"})
    EXPECT_TRUE(std::regex_search(outcome.out, std::regex(std::string(simulator) + " +broken +load_failed\n")))
        << outcome.out;
}

TEST_F(Commands, OutputThatCannotBeWrittenIsAFailure) {
  machine.add_good_plugin();
  for (const char *redirection : {">/dev/full", ">&-"})
    for (const char *command : {"list", "list --json", "explain", "env", "probe fake-sim", "--help", "--version"}) {
      const Outcome outcome = run_program({"sh", "-c", std::string(HALPROBE " ") + command + " " + redirection});
      EXPECT_EQ(outcome.exit_code, 1) << command << redirection;
      EXPECT_TRUE(contains(outcome.err, "halprobe: standard output cannot be written")) << outcome.err;
    }
  EXPECT_EQ(run_program({"sh", "-c", HALPROBE " check fake-sim >&-"}).exit_code, 0) << "it writes nothing";
}

TEST_F(Commands, ExplainPrintsSearchPathFilesAndSelection) {
  machine.add_good_plugin();
  machine.add_dangling_link();
  setenv("HAL_BACKEND", "fake-sim:1", 1);
  const Outcome outcome = halprobe({"explain"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const std::string &part :
       {machine.root().string() + "  [HAL_PLUGIN_PATH] ok", std::string("dangling  broken (dangling_symlink)"),
        std::string("links to nowhere"), std::string("Selected: fake-sim:1 (HAL_BACKEND)")})
    EXPECT_TRUE(contains(outcome.out, part)) << part << "\n" << outcome.out;
}

TEST_F(Commands, ProbePrintsPropertiesAndTheMatrix) {
  const Outcome outcome = halprobe({"probe", "a2a3-sim:0"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char *part : {"a2a3-sim:0", "aic_cores", "MEMORY", "HOST_MAPPED    OK       yes   yes  yes"})
    EXPECT_TRUE(contains(outcome.out, part)) << part << "\n" << outcome.out;
  const Outcome beyond = halprobe({"probe", "a2a3-sim:99"});
  EXPECT_EQ(beyond.exit_code, 3);
  EXPECT_TRUE(contains(beyond.err, "99")) << beyond.err;
}

TEST_F(Commands, ProbeNamesTheNativeApiInUse) {
  machine.add_hardware_plugin();
  machine.add_plugin("fake-npu2");
  const std::string simulator = halprobe({"probe", "a2a3-sim:0"}).out;
  EXPECT_TRUE(std::regex_search(simulator, std::regex("\nnative_api +none \\(simulator\\)\n"))) << simulator;
  const std::string hardware = halprobe({"probe", "fake-npu:0"}).out;
  EXPECT_TRUE(std::regex_search(hardware, std::regex("\nnative_api +fake 1.2 from /opt/fake/libfake.so\n")))
      << hardware;
  const std::string silent = halprobe({"probe", "fake-npu2:0"}).out;
  EXPECT_TRUE(std::regex_search(silent, std::regex("\nnative_api +-\n"))) << silent;
}

TEST_F(Commands, EnvShowsTheVariablesOfPluginsToo) {
  machine.add_good_plugin();
  setenv("HAL_FAKE_DEVICES", "5", 1);
  const std::string out = halprobe({"env"}).out;
  unsetenv("HAL_FAKE_DEVICES");
  EXPECT_TRUE(contains(out, "HAL_FAKE_DEVICES")) << out;
  EXPECT_TRUE(contains(out, "environment")) << out;
}

TEST_F(Commands, TheOptionNamesDirectoriesLikeTheVariable) {
  const std::string folder = machine.add_plugin("fake-npu", "more").parent_path();
  const nlohmann::json report = list({"--plugin-path", folder});
  EXPECT_EQ(row(report, "fake-npu").at("origin"), "option");
  EXPECT_EQ(report.at("search_path").at(0).at("origin"), "option");
}

TEST_F(Commands, ColourIsForTerminalsOnly) {
  machine.add_good_plugin();
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_FALSE(contains(halprobe({}).out, "\033["));
  EXPECT_TRUE(contains(halprobe({"--color", "always"}).out, "\033[32musable\033[0m"));
  EXPECT_TRUE(contains(run_on_terminal({}).out, "\033[32musable\033[0m"));
  EXPECT_FALSE(contains(run_on_terminal({"--color", "never"}).out, "\033["));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(contains(run_on_terminal({}).out, "\033["));
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(contains(run_on_terminal({}).out, "\033["));
}

}  // namespace
}  // namespace hal::test
