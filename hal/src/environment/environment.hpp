// SPDX-License-Identifier: Apache-2.0
//
// The only code that reads environment variables: libhal's own and the plugins' options, which are declared, and for
// plugins the variables of other software.
#ifndef HAL_SRC_ENVIRONMENT_ENVIRONMENT_HPP_
#define HAL_SRC_ENVIRONMENT_ENVIRONMENT_HPP_

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
  std::vector<std::string> choices;  // of a TEXT; empty = any text
};

struct Value {
  std::string text;
  std::uint64_t number = 0;
};

// libhal's own variables.
const std::vector<Variable> &core_variables();

// A plugin's option as the variable HAL_<FAMILY>_<NAME>. choices is "a|b|c", or NULL.
Variable option_variable(const hal_option_v1_t &option, const char *choices);

// Whether the process has privileges that its caller lacks (set-uid, set-gid, file capabilities).
bool has_elevated_privileges() noexcept;

// The variable's value. Nothing if it is empty or not set, or if the process has elevated privileges.
std::optional<std::string> environment_text(const std::string &name);

// Parses text by the variable's type. Returns what is wrong: variable, value and what is allowed; "" = nothing.
std::string parse_value(const Variable &variable, std::string_view text, Value &value);

// Parses the environment's value, or the default if it is not set. Returns what is wrong, as parse_value.
std::string read_variable(const Variable &variable, Value &value);

// Whether a plugin may read a variable of this name: HAL_* variables are declared as options instead.
bool is_foreign_variable(std::string_view name) noexcept;

// The value of such a variable, valid until the process ends. NULL if it is not set, or if the process has elevated
// privileges.
const char *foreign_variable(const char *name);

// Warns, once per name, of HAL_* variables that are set but not declared and whose name is close to one of these.
void warn_of_misspelt(const std::vector<Variable> &variables);

// With elevated privileges: one warning that names the HAL_* variables that are set, since they have no effect.
void warn_of_ignored();

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_ENVIRONMENT_HPP_
