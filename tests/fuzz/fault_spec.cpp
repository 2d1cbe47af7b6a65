// SPDX-License-Identifier: Apache-2.0
//
// HAL_FAULTS.
#include "diagnostics/injection_spec.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "diagnostics/status.hpp"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/fault_spec_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::InjectionRule;
using hal::fuzz::holds;

void check_rules(const std::vector<InjectionRule> &rules) {
  const std::vector<std::string> &functions = hal::core::injectable_functions();
  std::set<std::pair<std::string, std::uint64_t>> calls;
  std::string text;
  for (const InjectionRule &rule : rules) {
    const bool is_function = std::find(functions.begin(), functions.end(), rule.name) != functions.end();
    holds(is_function || std::count(rule.name.begin(), rule.name.end(), '.') == 1,
          "a rule names a function or a fault point", rule.name);
    holds(hal::core::is_status(rule.status) && rule.status != HAL_OK, "a rule names a failure");
    holds(calls.emplace(rule.name, rule.number).second, "each call is named once", rule.name);
    text += (text.empty() ? "" : ";") + rule.text();
  }
  std::vector<InjectionRule> again;
  holds(subject::parse_injections(text, again).wrong.empty() && again.size() == rules.size(),
        "a rule that is written can be read", text);
  for (std::size_t i = 0; i < rules.size(); ++i)
    holds(again[i].name == rules[i].name && again[i].number == rules[i].number && again[i].status == rules[i].status,
          "a rule that is written and read is the same", rules[i].text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const hal::fuzz::Exact input(data, size);
  std::vector<InjectionRule> rules;
  const hal::core::InjectionProblem problem = subject::parse_injections(input.text(), rules);
  holds(problem.wrong.empty() == problem.hint.empty(), "a problem and its hint come together", problem.wrong);
  holds(problem.wrong.size() + problem.hint.size() < 1024, "problem and hint fit into a message", problem.wrong);
  if (problem.wrong.empty()) check_rules(rules);
  return 0;
}
