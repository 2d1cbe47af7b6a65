// SPDX-License-Identifier: Apache-2.0
//
// The values of libhal's own environment variables, read and checked at hal_init.
#ifndef HAL_SRC_ENVIRONMENT_SETTINGS_HPP_
#define HAL_SRC_ENVIRONMENT_SETTINGS_HPP_

#include <memory>
#include <string>
#include <vector>

#include "diagnostics/injection_spec.hpp"
#include "environment/backend_spec.hpp"
#include "hal/hal.h"

namespace hal::core {

struct Settings {
  std::string backend_text;  // HAL_BACKEND as given; "" = not set
  BackendSpec backend;
  std::vector<std::string> plugin_files;
  std::vector<std::string> plugin_path;
  std::string injections_text;  // HAL_FAULTS as given; "" = not set
  std::vector<InjectionRule> injections;
  bool debug = false;  // HAL_DEBUG
  hal_log_level_t log_level = HAL_LOG_WARN;
};

// INVALID_ARGUMENT names the variable, its value and what is allowed.
hal_status_t read_settings(Settings &settings);

// The settings of the last hal_init; defaults before the first.
std::shared_ptr<const Settings> settings();
void set_settings(std::shared_ptr<const Settings> settings);

// What is wrong with the present value of one of libhal's own variables: name, value, what is allowed; "" = nothing.
std::string core_variable_problem(const std::string &name);

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_SETTINGS_HPP_
