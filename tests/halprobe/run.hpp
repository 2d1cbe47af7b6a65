// SPDX-License-Identifier: Apache-2.0
//
// Runs programs and returns their output and exit status.
#ifndef TESTS_HALPROBE_RUN_HPP_
#define TESTS_HALPROBE_RUN_HPP_

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loader/fake_machine.hpp"

namespace hal::test {

struct Outcome {
  int exit_code = -1;  // 128 + signal if a signal killed it
  std::string out;
  std::string err;
};

Outcome run_program(const std::vector<std::string> &command, const std::string &input = {});

// halprobe with its standard output on a terminal.
Outcome run_on_terminal(const std::vector<std::string> &arguments);

inline bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

// halprobe on a fake machine, which also has the plugins of the build.
class Probe : public testing::Test {
 protected:
  static Outcome halprobe(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), HALPROBE);
    return run_program(arguments);
  }

  // The row of a backend in `list --json`.
  static nlohmann::json row(const nlohmann::json &report, const std::string &name) {
    for (const auto &row : report.at("backends"))
      if (row.at("name") == name) return row;
    ADD_FAILURE() << "no row " << name;
    return {};
  }

  static nlohmann::json list(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"list", "--json"});
    return nlohmann::json::parse(halprobe(arguments).out);
  }

  FakeMachine machine;
};

}  // namespace hal::test

#endif  // TESTS_HALPROBE_RUN_HPP_
