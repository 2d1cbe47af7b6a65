// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/injection_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "diagnostics/status.hpp"
#include "hal/names.h"
#include "support/spelling.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

constexpr std::string_view kNothing = "none";
constexpr std::string_view kKill = "KILL";

// Functions that report or log failures, or cannot fail.
constexpr std::string_view kNeverFail[] = {"hal_abi_draft",     "hal_last_error", "hal_log_set_callback",
                                           "hal_log_set_level", "hal_version",    "hal_status_string"};

// Allows four edits, for a wrong prefix such as "hal_", or a third of the word.
std::string did_you_mean(std::string_view text, const std::vector<std::string> &known) {
  const std::string meant = nearest_spelling(text, known, std::max<std::size_t>(4, text.size() / 3));
  return meant.empty() ? fmt::format("allowed is {}", kInjectionGrammar) : fmt::format("did you mean \"{}\"?", meant);
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_fault_point(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_word(text.substr(0, dot)) && is_word(text.substr(dot + 1));
}

InjectionProblem parse_name(std::string_view text, InjectionRule &rule) {
  const std::vector<std::string> &functions = injectable_functions();
  rule.name = text;
  if (is_fault_point(text) || std::find(functions.begin(), functions.end(), text) != functions.end()) return {};
  return {fmt::format("unknown function \"{}\"", excerpt(text)), did_you_mean(text, functions)};
}

InjectionProblem parse_number(std::string_view text, InjectionRule &rule) {
  rule.number = parse_decimal(text).value_or(0);
  if (text == "*" || rule.number > 0) return {};
  return {fmt::format("\"{}\" is not the number of a call", excerpt(text)), "count calls from 1, or write * for each"};
}

InjectionProblem parse_status(std::string_view text, InjectionRule &rule) {
  rule.kill = text == kKill;
  if (rule.kill) return {};
  const std::vector<std::string> names = failure_names();
  const auto known = std::find(names.begin(), names.end(), text);
  if (known != names.end()) {
    rule.status = status_of(*known);
    return {};
  }
  return {fmt::format("unknown failure \"{}\"", excerpt(text)), did_you_mean(text, names)};
}

InjectionProblem parse_rule(std::string_view text, InjectionRule &rule) {
  const std::size_t hash = text.find('#');
  const std::size_t equals = text.find('=');
  if (hash == std::string_view::npos || equals == std::string_view::npos || equals < hash)
    return {"it is not NAME#NUMBER=STATUS", fmt::format("allowed is {}", kInjectionGrammar)};
  InjectionProblem problem = parse_name(text.substr(0, hash), rule);
  if (problem.wrong.empty()) problem = parse_number(text.substr(hash + 1, equals - hash - 1), rule);
  if (problem.wrong.empty()) problem = parse_status(text.substr(equals + 1), rule);
  return problem;
}

bool names_the_same_call(const InjectionRule &a, const InjectionRule &b) {
  return a.name == b.name && a.number == b.number;
}

}  // namespace

std::string InjectionRule::text() const {
  return fmt::format("{}#{}={}", name, number == 0 ? "*" : std::to_string(number), kill ? kKill : status_name(status));
}

const std::vector<std::string> &injectable_functions() {
  static const std::vector<std::string> &functions = *new std::vector<std::string>([] {
    std::vector<std::string> names;
#define HAL_FUNCTION_NAME(function, name) names.emplace_back(name);
    HAL_EACH_FUNCTION(HAL_FUNCTION_NAME)
#undef HAL_FUNCTION_NAME
    std::erase_if(names, [](const std::string &name) {
      return std::find(std::begin(kNeverFail), std::end(kNeverFail), name) != std::end(kNeverFail);
    });
    for (std::string &name : names)
      if (name.starts_with("hal_")) name.erase(0, 4);
    return names;
  }());
  return functions;
}

InjectionProblem parse_injections(std::string_view text, std::vector<InjectionRule> &rules) {
  rules.clear();
  if (text.empty() || text == kNothing) return {};
  for (const std::string &part : split(text, ';')) {
    InjectionRule rule;
    InjectionProblem problem = parse_rule(part, rule);
    const auto same = [&](const InjectionRule &other) { return names_the_same_call(rule, other); };
    if (problem.wrong.empty() && std::any_of(rules.begin(), rules.end(), same))
      problem = {"the same call is named twice", "name each call once"};
    if (!problem.wrong.empty())
      return {fmt::format("in \"{}\": {}", excerpt(part), problem.wrong), std::move(problem.hint)};
    rules.push_back(std::move(rule));
  }
  return {};
}

}  // namespace hal::core
