// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "environment.hpp"
#include "error.hpp"
#include "text.hpp"

namespace hal::core {
namespace {

constexpr std::string_view kLevelNames[] = {"trace", "debug", "info", "warn", "error", "off"};

hal_status_t fail_variable(std::string_view name, std::string_view value, std::string_view wrong) {
  return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} is \"{}\"; {}", name, value, wrong),
              fmt::format("correct or unset {}", name));
}

hal_status_t read_log_level(Settings &settings) {
  const auto text = environment_text("HAL_LOG_LEVEL");
  if (!text) return HAL_OK;
  const auto *level = std::find(std::begin(kLevelNames), std::end(kLevelNames), *text);
  if (level == std::end(kLevelNames))
    return fail_variable("HAL_LOG_LEVEL", *text, "allowed is trace, debug, info, warn, error or off");
  settings.log_level = static_cast<hal_log_level_t>(level - std::begin(kLevelNames));
  return HAL_OK;
}

hal_status_t read_paths(const std::string &name, std::vector<std::string> &paths) {
  const auto text = environment_text(name);
  if (!text) return HAL_OK;
  for (std::string &part : split(*text, ':')) {
    if (part.empty()) continue;
    if (part.front() != '/')
      return fail_variable(name, *text, fmt::format("\"{}\" is not absolute; allowed are absolute paths", part));
    paths.push_back(std::move(part));
  }
  return HAL_OK;
}

hal_status_t read_backend(Settings &settings) {
  settings.backend_text = environment_text("HAL_BACKEND").value_or("");
  const std::string wrong = parse_backend_spec(settings.backend_text, settings.backend);
  if (wrong.empty()) return HAL_OK;
  return fail_variable("HAL_BACKEND", settings.backend_text, fmt::format("{}; allowed is {}", wrong, kBackendGrammar));
}

hal_status_t read_faults(Settings &settings) {
  settings.faults_text = environment_text("HAL_FAULTS").value_or("");
  const FaultSpecProblem problem = parse_fault_spec(settings.faults_text, settings.faults);
  if (problem.wrong.empty()) return HAL_OK;
  return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("HAL_FAULTS is \"{}\"; {}", settings.faults_text, problem.wrong),
              problem.hint);
}

hal_status_t read_debug(Settings &settings) {
  const std::vector<Variable> &all = core_variables();
  const auto variable = std::find_if(all.begin(), all.end(), [](const Variable &v) { return v.name == "HAL_DEBUG"; });
  Value value;
  if (const std::string wrong = read_variable(*variable, value); !wrong.empty())
    return fail(HAL_ERR_INVALID_ARGUMENT, wrong, "correct or unset HAL_DEBUG");
  settings.debug = value.number != 0;
  return HAL_OK;
}

}  // namespace

hal_status_t read_settings(Settings &settings) {
  hal_status_t status = read_log_level(settings);
  if (status == HAL_OK) status = read_paths("HAL_PLUGIN_FILES", settings.plugin_files);
  if (status == HAL_OK) status = read_paths("HAL_PLUGIN_PATH", settings.plugin_path);
  if (status == HAL_OK) status = read_backend(settings);
  if (status == HAL_OK) status = read_faults(settings);
  if (status == HAL_OK) status = read_debug(settings);
  return status;
}

}  // namespace hal::core
