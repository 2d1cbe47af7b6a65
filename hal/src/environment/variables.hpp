// SPDX-License-Identifier: Apache-2.0
//
// Every declared HAL_* variable with its present value: libhal's own, and the options of the loaded plugins.
#ifndef HAL_SRC_ENVIRONMENT_VARIABLES_HPP_
#define HAL_SRC_ENVIRONMENT_VARIABLES_HPP_

#include <string>
#include <vector>

#include "environment/environment.hpp"

namespace hal::core {

struct VariableReport {
  Variable variable;
  std::string owner;  // "core", or the names of the backends that declare it
  std::string value;
  bool from_environment = false;
  std::string problem;  // "" = none
};

// Adds a plugin's variables to the reports. Backends of one family declare the same ones.
void declare_variables(const std::string &owner, const std::vector<Variable> &variables);

// libhal's own variables, then the others by name.
std::vector<VariableReport> report_variables();

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_VARIABLES_HPP_
