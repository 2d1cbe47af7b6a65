// SPDX-License-Identifier: Apache-2.0
//
// The one place that reads environment variables: ours from tables that declare them, and for plugins those of others.
#ifndef HAL_SRC_ENVIRONMENT_HPP_
#define HAL_SRC_ENVIRONMENT_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/hal_plugin.h"

namespace hal::core {

// A declared variable; type is one of HAL_OPTION_*.
struct Variable {
  std::string name;
  std::uint32_t type = HAL_OPTION_TEXT;
  std::string default_value;
  std::string help;
  std::uint64_t min = 0;
  std::uint64_t max = UINT64_MAX;
  std::vector<std::string> choices;  // of a text; none = any
};

struct Value {
  std::string text;
  std::uint64_t number = 0;
};

// The variables of the core itself.
const std::vector<Variable> &core_variables();

// A plugin's option as the variable HAL_<FAMILY>_<NAME>. choices is "a|b|c", or NULL.
Variable option_variable(const hal_option_v1_t &option, const char *choices);

// The value that the process was given; an empty one counts as not given, and so does any if privileges are elevated.
std::optional<std::string> environment_text(const std::string &name);

// Parses text by the variable's type. Returns what is wrong: variable, value and what is allowed; "" = nothing.
std::string parse_value(const Variable &variable, std::string_view text, Value &value);

// The environment's value, else the default. Returns what is wrong, as parse_value.
std::string read_variable(const Variable &variable, Value &value);

// Whether a plugin may ask for a variable of this name: none of ours, which are declared.
bool is_foreign_variable(std::string_view name) noexcept;

// Its present value, kept for the life of the process; nullptr = not set, or privileges are elevated.
const char *foreign_variable(const char *name);

// Warns, once per name, of set HAL_* variables that nobody declared but that nearly are one of these.
void warn_of_misspelt(const std::vector<Variable> &variables);

// With elevated privileges: warns, in one line, of the set HAL_* variables, which have no effect then.
void warn_of_ignored();

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_HPP_
