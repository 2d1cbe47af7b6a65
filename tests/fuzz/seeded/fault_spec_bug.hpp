// SPDX-License-Identifier: Apache-2.0
// Each rule is checked alone: the same call can be named twice.
#include "diagnostics/injection_spec.hpp"
#include "support/text.hpp"

namespace hal::fuzz::seeded {

inline core::InjectionProblem parse_injections(std::string_view text, std::vector<core::InjectionRule> &rules) {
  rules.clear();
  for (const std::string &part : core::split(text, ';')) {
    std::vector<core::InjectionRule> one;
    if (core::InjectionProblem problem = core::parse_injections(part, one); !problem.wrong.empty()) return problem;
    rules.insert(rules.end(), one.begin(), one.end());
  }
  return {};
}

}  // namespace hal::fuzz::seeded
