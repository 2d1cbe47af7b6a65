// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

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

TEST_F(Usage, CommandsThatDoNotExistAreUnknownAndNotListed) {
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
  expect_usage_error({"probe", "a5-sim:x"}, "'x' is not a device ordinal");
  expect_usage_error({"explain-error"}, "takes one code");
  expect_usage_error({"explain-error", "1", "2"}, "takes one code");
  for (const char *code : {"1x", "0x", "-", "1.5", "9223372036854775808", "-9223372036854775809", "acl:"})
    expect_usage_error({"explain-error", "--", code}, "is not a code");
  expect_usage_error({"explain-error", "soon"}, "or a name such as KERNEL_FAULT or ENOMEM");
  expect_usage_error({"explain-error", "KERNEL_FALT"}, "did you mean 'KERNEL_FAULT'?");
  expect_usage_error({"explain-error", "acl:ENOMEM"}, "is not a code");
  expect_usage_error({"explain-error", "ACL:1"}, "'ACL' is not a domain");
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

// Lists that exist in several places. --help, hal.h and halprobe's output are compared; no list is repeated here.
class Lists : public Probe {
 protected:
  using Words = std::vector<std::string>;

  static std::string read(const char *path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::string man_page() {
    std::string man = read(HALPROBE_MAN);
    std::erase(man, '\\');
    return man;
  }

  // The text after start and before end.
  static std::string section(const std::string &text, const std::string &start, const std::string &end) {
    const std::size_t from = text.find(start);
    EXPECT_NE(from, std::string::npos) << start;
    if (from == std::string::npos) return {};
    return text.substr(from + start.size() - 1, text.find(end, from + start.size()) - from - start.size() + 1);
  }

  // What the pattern's group matches in the text.
  static Words matches(const std::string &text, const std::string &pattern) {
    const std::regex expression(pattern);
    Words words;
    for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match)
      words.push_back((*match)[1]);
    EXPECT_FALSE(words.empty()) << pattern;
    return words;
  }

  static Words help_commands() { return matches(help_section("Commands:\n"), "\n  ([a-z][a-z-]*)"); }
  static Words help_options() { return matches(help_section("Options:\n"), "\n  (?:-. \\[ )?(--[a-z-]+)"); }
  static Words help_columns() { return matches(help_section("Columns:\n"), "([a-z_]+)"); }
  static std::string help_section(const std::string &heading) {
    return section(halprobe({"--help"}).out, heading, "\n\n");
  }

  // What bash offers for the word of that index, as one line.
  static std::string complete(const std::string &words, int index) {
    return run_program({"bash", "-c",
                        std::string("source " HALPROBE_COMPLETION "; COMP_WORDS=(" HALPROBE " ") + words +
                            "); COMP_CWORD=" + std::to_string(index) + "; _halprobe; echo \"${COMPREPLY[*]}\""})
        .out;
  }

  static std::string line(const Words &words) {
    std::string text;
    for (const std::string &word : words) text += (text.empty() ? "" : " ") + word;
    return text + '\n';
  }

  // The names of hal.h that start so, without that start.
  static std::set<std::string> header_names(const std::string &prefix, const std::string &value) {
    const Words names = matches(read(HAL_HEADER), "#define " + prefix + "([A-Z0-9_]+) " + value);
    return {names.begin(), names.end()};
  }
};

TEST_F(Lists, TheManPageHasTheCommandsOptionsAndColumnsOfHelp) {
  const std::string man = man_page();
  EXPECT_EQ(matches(section(man, ".SH COMMANDS\n", ".SH "), "\n\\.TP\n\\.BR? ([a-z-]+)"), help_commands());
  EXPECT_EQ(matches(section(man, ".SH OPTIONS\n", ".SH "), "\n\\.B[^\n]*(--[a-z-]+)"), help_options());
  EXPECT_EQ(matches(section(man, "The columns of fBlistfR, separated by commas: ", "."), "([a-z_]+)"), help_columns());
}

TEST_F(Lists, CompletionOffersTheCommandsOptionsAndColumnsOfHelp) {
  EXPECT_EQ(complete("''", 1), line(help_commands()));
  EXPECT_EQ(complete("--", 1), line(help_options()));
  EXPECT_EQ(complete("--columns ''", 2), line(help_columns()));
}

TEST_F(Lists, CompletionOffersValuesAndLiveBackends) {
  machine.add_good_plugin();
  EXPECT_EQ(complete("ch", 1), "check\n");
  EXPECT_EQ(complete("--json ch", 2), "check\n");
  EXPECT_EQ(complete("--no-", 1), "--no-isolate --no-header\n");
  EXPECT_EQ(complete("probe fake", 2), "fake-sim\n");
  EXPECT_EQ(complete("--color al", 2), "always\n");
  EXPECT_EQ(complete("--color = al", 3), "always\n");
  EXPECT_EQ(complete("--columns name,st", 2), "name,status\n");
}

TEST_F(Lists, EveryExampleOfTheManPageWorks) {
  machine.add_text();
  std::ofstream(machine.root() / "program") << "#!/bin/sh\necho the program ran\n";
  std::filesystem::permissions(machine.root() / "program", std::filesystem::perms::owner_all);
  const bool has_jq = run_program({"sh", "-c", "command -v jq"}).exit_code == 0;
  const std::string directory = std::filesystem::path(HALPROBE).parent_path();
  std::istringstream examples(section(man_page(), ".SH EXAMPLES\n.nf\n", ".fi"));
  int count = 0;
  for (std::string example; std::getline(examples, example);) {
    if (example.empty()) continue;
    if (!has_jq) example = example.substr(0, example.find('|'));
    const Outcome outcome = run_program(
        {"sh", "-c", "cd '" + machine.root().string() + "' && PATH='" + directory + "':$PATH && " + example});
    EXPECT_EQ(outcome.exit_code, 0) << example << '\n' << outcome.err;
    EXPECT_NE(outcome.out, "") << example;
    ++count;
  }
  EXPECT_GE(count, 8);
}

TEST_F(Lists, EveryPropertyMemoryKindAndEngineOfTheHeaderHasAName) {
  const nlohmann::json report =
      nlohmann::json::parse(halprobe({"probe", "--json", "a2a3-sim:0"}).out).at("report").at("devices").at(0);
  std::set<std::string> properties;
  for (const auto &[name, value] : report.at("properties").items()) {
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    properties.insert(upper);
  }
  EXPECT_EQ(properties, header_names("HAL_PROPERTY_", "[0-9]+u"));

  std::set<std::string> kinds = {"UNKNOWN"};
  for (const auto &memory : report.at("memory")) kinds.insert(memory.at("kind"));
  EXPECT_EQ(kinds, header_names("HAL_MEM_", "[0-9]+u"));

  const std::string table = section(halprobe({"probe", "a2a3-sim:0"}).out, "VERDICT ", "\n");
  const Words columns = matches(table, "([A-Z]+)");
  const std::set<std::string> engines = header_names("HAL_ENGINE_", "\\(UINT64_C");
  EXPECT_EQ(std::set<std::string>(columns.begin(), columns.end()), engines);

  const nlohmann::json schema = nlohmann::json::parse(read(HALPROBE_SCHEMA)).at("definitions");
  EXPECT_EQ(schema.at("engines").at("items").at("enum").get<std::set<std::string>>(), engines);
  kinds.erase("UNKNOWN");
  EXPECT_EQ(schema.at("reach").at("properties").at("kind").at("enum").get<std::set<std::string>>(), kinds);
}

}  // namespace
}  // namespace hal::test
