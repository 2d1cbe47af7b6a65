// SPDX-License-Identifier: Apache-2.0
// A size beyond 64 bits wraps around.
#include "environment/environment.hpp"

namespace hal::fuzz::seeded {

inline std::string parse_value(const core::Variable &variable, std::string_view text, core::Value &value) {
  std::string wrong = core::parse_value(variable, text, value);
  if (wrong.empty() || variable.type != HAL_OPTION_BYTES || text.empty() || text.back() != 'T') return wrong;
  const core::Variable digits = {.name = variable.name, .type = HAL_OPTION_NUMBER};
  if (!core::parse_value(digits, text.substr(0, text.size() - 1), value).empty()) return wrong;
  value.number <<= 40;
  value.text = text;
  return value.number >= variable.min && value.number <= variable.max ? std::string() : wrong;
}

}  // namespace hal::fuzz::seeded
