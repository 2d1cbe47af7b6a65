// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <iterator>

#include "run.hpp"

namespace hal::test {
namespace {

class Usage : public Probe {
 protected:
  static void expect_usage_error(const std::vector<std::string> &arguments, const std::string &part) {
    const Outcome outcome = halprobe(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 2) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("halprobe: ")) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, part)) << outcome.err;
    EXPECT_TRUE(outcome.err.ends_with("Try 'halprobe --help' for more information.\n")) << outcome.err;
  }
};

TEST_F(Usage, UnknownWordsGetTheNearestOne) {
  expect_usage_error({"chek"}, "did you mean 'check'?");
  expect_usage_error({"--jsn"}, "did you mean '--json'?");
  expect_usage_error({"--columns", "nam"}, "did you mean 'name'?");
  expect_usage_error({"quite-another-thing"}, "unknown command 'quite-another-thing'");
}

TEST_F(Usage, CommandsThatDoNotExistYetAreUnknownAndNotListed) {
  const std::string help = halprobe({"--help"}).out;
  for (const char *command : {"selftest", "bench"}) {
    expect_usage_error({command}, "unknown command");
    EXPECT_FALSE(contains(help, command)) << command;
  }
}

TEST_F(Usage, OptionsAreNotGuessedFromTheirBeginning) { expect_usage_error({"--js"}, "unknown option '--js'"); }

TEST_F(Usage, BadValuesAreNamed) {
  expect_usage_error({"--timeout", "-1"}, "--timeout");
  expect_usage_error({"--timeout", "soon"}, "'soon'");
  expect_usage_error({"--timeout"}, "timeout");
  expect_usage_error({"--color", "red"}, "auto, always and never");
  expect_usage_error({"list", "name"}, "takes no argument");
  expect_usage_error({"probe"}, "takes one backend");
  expect_usage_error({"probe", "a5-sim:x"}, "'x' is no device ordinal");
  expect_usage_error({"explain-error"}, "takes one code");
  expect_usage_error({"explain-error", "1", "2"}, "takes one code");
  for (const char *code : {"soon", "1x", "0x", "-", "1.5", "9223372036854775808", "-9223372036854775809", "acl:"})
    expect_usage_error({"explain-error", "--", code}, "is no code");
  expect_usage_error({"explain-error", "ACL:1"}, "'ACL' is no domain");
}

TEST_F(Usage, HelpAndVersionAreData) {
  const Outcome help = halprobe({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const char *line : {"Exit status:", "  3  a named backend is not usable", "  5  a HAL_* variable"})
    EXPECT_TRUE(contains(help.out, line)) << line;
  const Outcome version = halprobe({"-V"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("halprobe 0.")) << version.out;
}

TEST_F(Usage, TheManPageHasEveryCommandAndOption) {
  std::ifstream file(HALPROBE_MAN);
  std::string man{std::istreambuf_iterator<char>(file), {}};
  std::erase(man, '\\');
  for (const char *word :
       {"list", "check", "explain", "probe", "doctor", "env", "explain-error", "--help", "--version", "--json",
        "--plugin-path", "--timeout", "--strict", "--no-isolate", "--no-header", "--columns", "--color", "--verbose"})
    EXPECT_TRUE(contains(man, word)) << word;
}

TEST_F(Usage, CompletionOffersCommandsOptionsAndLiveBackends) {
  machine.add_good_plugin();
  const auto complete = [](const std::string &words, int index) {
    return run_program({"bash", "-c",
                        std::string("source " HALPROBE_COMPLETION "; COMP_WORDS=(" HALPROBE " ") + words +
                            "); COMP_CWORD=" + std::to_string(index) + "; _halprobe; echo \"${COMPREPLY[*]}\""})
        .out;
  };
  EXPECT_EQ(complete("ch", 1), "check\n");
  EXPECT_EQ(complete("--no-", 1), "--no-isolate --no-header\n");
  EXPECT_EQ(complete("probe fake", 2), "fake-sim\n");
  EXPECT_EQ(complete("--color al", 2), "always\n");
}

}  // namespace
}  // namespace hal::test
