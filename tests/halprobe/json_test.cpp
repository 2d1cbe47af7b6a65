// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "run.hpp"

namespace hal::test {
namespace {

class JsonOutput : public Probe {
 protected:
  static void expect_valid(const std::vector<std::string> &arguments) {
    const Outcome outcome = halprobe(arguments);
    const Outcome verdict = run_program({HAL_PYTHON, HALPROBE_VALIDATOR, HALPROBE_SCHEMA}, outcome.out);
    EXPECT_EQ(verdict.exit_code, 0) << arguments.front() << "\n" << verdict.err << outcome.out;
    EXPECT_EQ(nlohmann::json::parse(outcome.out).at("exit_code"), outcome.exit_code);
  }
};

TEST_F(JsonOutput, OfEveryCommandMatchesTheSchema) {
  machine.add_good_plugin();
  machine.add_text("b\xFFytes");
  machine.add_dangling_link();
  machine.add_plugin("crashing");
  machine.add_plugin("exiting");
  expect_valid({"list", "--json"});
  expect_valid({"list", "--json", "--verbose"});
  expect_valid({"check", "--json"});
  expect_valid({"check", "--json", "fake-sim", "crashing"});
  expect_valid({"explain", "--json"});
  expect_valid({"probe", "--json", "fake-sim"});
  expect_valid({"probe", "--json", "nothing"});
  expect_valid({"env", "--json"});
  machine.add_plugin("crashing-later");
  expect_valid({"doctor", "--json"});
  expect_valid({"doctor", "--json", "fake-sim", "crashing-later", "nothing"});
  expect_valid({"explain-error", "--json", "42"});
  expect_valid({"explain-error", "--json", "fake:-1"});
  setenv("HAL_BACKEND", "fake-sim", 1);
  expect_valid({"list", "--json"});
  setenv("HAL_BACKEND", "Bad Name", 1);
  expect_valid({"list", "--json"});
  expect_valid({"env", "--json"});
}

TEST_F(JsonOutput, NamesTheSelectedBackendAndTheReason) {
  machine.add_good_plugin();
  EXPECT_EQ(list().at("selected").at("name"), nullptr);
  setenv("HAL_BACKEND", "fake-sim:1", 1);
  const nlohmann::json selected = list().at("selected");
  EXPECT_EQ(selected.at("name"), "fake-sim");
  EXPECT_EQ(selected.at("ordinal"), 1);
  EXPECT_EQ(selected.at("why"), "HAL_BACKEND");
}

TEST_F(JsonOutput, NamesAFileByItsStemIfItsNoteCannotBeRead) {
  const std::string path = machine.add_text("scribble");
  const nlohmann::json found = row(list(), "scribble");
  EXPECT_EQ(found.at("status"), "broken");
  EXPECT_EQ(found.at("reason"), "not_elf");
  EXPECT_EQ(found.at("path"), path);
  EXPECT_EQ(found.at("version"), nullptr);
}

TEST_F(JsonOutput, OpensDevicesOnlyWithVerbose) {
  EXPECT_EQ(row(list(), "a5-sim").at("devices").at(0).at("soc"), nullptr);
  EXPECT_TRUE(row(list({"-v"}), "a5-sim").at("devices").at(0).at("memory_total").is_number_unsigned());
}

TEST_F(JsonOutput, HasNoReasonThatTheOperatorsPageDoesNotExplain) {
  std::ifstream page(HAL_OPERATOR_PAGE);
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  std::ifstream file(HALPROBE_SCHEMA);
  const nlohmann::json schema = nlohmann::json::parse(file);
  const nlohmann::json &backend = schema.at("definitions").at("backend").at("properties");
  for (const nlohmann::json &reason : backend.at("reason").at("enum"))
    if (!reason.is_null()) {
      EXPECT_TRUE(contains(text, "\n| `" + reason.get<std::string>() + "` | ")) << reason;
    }
}

TEST_F(JsonOutput, CountsEveryStatus) {
  machine.add_good_plugin();
  machine.add_text();
  const nlohmann::json summary = list().at("summary");
  EXPECT_EQ(summary.at("usable"), 3) << "and both simulators";
  EXPECT_EQ(summary.at("broken"), 1);
}

}  // namespace
}  // namespace hal::test
