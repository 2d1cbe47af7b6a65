// SPDX-License-Identifier: Apache-2.0
// Each rule is checked alone: the same call can be named twice.
#include "fault_spec.hpp"
#include "text.hpp"

namespace hal::fuzz::seeded {

inline core::FaultSpecProblem parse_fault_spec(std::string_view text, std::vector<core::FaultRule> &rules) {
  rules.clear();
  for (const std::string &part : core::split(text, ';')) {
    std::vector<core::FaultRule> one;
    if (core::FaultSpecProblem problem = core::parse_fault_spec(part, one); !problem.wrong.empty()) return problem;
    rules.insert(rules.end(), one.begin(), one.end());
  }
  return {};
}

}  // namespace hal::fuzz::seeded
