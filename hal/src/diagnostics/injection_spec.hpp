// SPDX-License-Identifier: Apache-2.0
//
// The grammar of HAL_FAULTS: which calls fail, and how.
#ifndef HAL_SRC_DIAGNOSTICS_INJECTION_SPEC_HPP_
#define HAL_SRC_DIAGNOSTICS_INJECTION_SPEC_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/hal.h"

namespace hal::core {

inline constexpr std::string_view kInjectionGrammar =
    "none, or NAME#NUMBER=STATUS or NAME#*=STATUS, separated by ';': NAME is a function without hal_, or a fault point "
    "(family.point); NUMBER counts its calls from 1; STATUS is a failure, or KILL";

struct InjectionRule {
  std::string name;
  std::uint64_t number = 0;  // 0 = each
  hal_status_t status = HAL_ERR_UNKNOWN;
  bool kill = false;  // instead of a status: the process that makes this call ends

  std::string text() const;  // "mem_register#3=OUT_OF_MEMORY"
};

// The functions for which a failure can be injected, as HAL_FAULTS names them.
const std::vector<std::string> &injectable_functions();

// What is wrong with the text, and a hint; both are "" if it is valid.
struct InjectionProblem {
  std::string wrong;
  std::string hint;
};

InjectionProblem parse_injections(std::string_view text, std::vector<InjectionRule> &rules);

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_INJECTION_SPEC_HPP_
