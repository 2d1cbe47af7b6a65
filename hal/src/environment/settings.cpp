// SPDX-License-Identifier: Apache-2.0
#include "environment/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string_view>
#include <utility>

#include "diagnostics/error.hpp"
#include "environment/environment.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

struct CurrentSettings {
  std::mutex mutex;
  std::shared_ptr<const Settings> settings = std::make_shared<Settings>();
};

CurrentSettings &current_settings() {
  static CurrentSettings &current = *new CurrentSettings;
  return current;
}

std::string describe_wrong(std::string_view name, std::string_view value, std::string_view wrong) {
  return fmt::format("{} is \"{}\"; {}", name, excerpt(value), wrong);
}

// One of libhal's own variables; value is its text or number.
std::string read_core_variable(std::string_view name, Value &value, const Variable **found = nullptr) {
  const std::vector<Variable> &all = core_variables();
  const auto variable = std::find_if(all.begin(), all.end(), [=](const Variable &v) { return v.name == name; });
  if (found != nullptr) *found = &*variable;
  return read_variable(*variable, value);
}

std::string read_log_level(Settings &settings) {
  Value value;
  const Variable *variable = nullptr;
  std::string wrong = read_core_variable("HAL_LOG_LEVEL", value, &variable);
  if (!wrong.empty()) return wrong;
  const auto level = std::find(variable->choices.begin(), variable->choices.end(), value.text);
  settings.log_level = static_cast<hal_log_level_t>(level - variable->choices.begin());
  return {};
}

std::string read_paths(const std::string &name, std::vector<std::string> &paths) {
  const auto text = environment_text(name);
  if (!text) return {};
  for (std::string &part : split(*text, ':')) {
    if (part.empty()) continue;
    if (part.front() != '/')
      return describe_wrong(name, *text,
                            fmt::format("\"{}\" is not absolute; allowed are absolute paths", excerpt(part)));
    paths.push_back(std::move(part));
  }
  return {};
}

std::string read_plugin_files(Settings &settings) { return read_paths("HAL_PLUGIN_FILES", settings.plugin_files); }

std::string read_plugin_path(Settings &settings) { return read_paths("HAL_PLUGIN_PATH", settings.plugin_path); }

std::string read_backend(Settings &settings) {
  settings.backend_text = environment_text("HAL_BACKEND").value_or("");
  const std::string wrong = parse_backend_spec(settings.backend_text, settings.backend);
  if (wrong.empty()) return {};
  return describe_wrong("HAL_BACKEND", settings.backend_text, fmt::format("{}; allowed is {}", wrong, kBackendGrammar));
}

std::string read_injections(Settings &settings) {
  settings.injections_text = environment_text("HAL_FAULTS").value_or("");
  const InjectionProblem problem = parse_injections(settings.injections_text, settings.injections);
  if (problem.wrong.empty()) return {};
  return describe_wrong("HAL_FAULTS", settings.injections_text, fmt::format("{}; {}", problem.wrong, problem.hint));
}

std::string read_debug(Settings &settings) {
  Value value;
  std::string wrong = read_core_variable("HAL_DEBUG", value);
  settings.debug = value.number != 0;
  return wrong;
}

// Each read function returns what is wrong with its variable.
struct Reader {
  const char *name;
  std::string (*read)(Settings &settings);
};

constexpr Reader kReaders[] = {
    {"HAL_LOG_LEVEL", read_log_level}, {"HAL_PLUGIN_FILES", read_plugin_files}, {"HAL_PLUGIN_PATH", read_plugin_path},
    {"HAL_BACKEND", read_backend},     {"HAL_FAULTS", read_injections},         {"HAL_DEBUG", read_debug},
};

}  // namespace

std::shared_ptr<const Settings> settings() {
  CurrentSettings &current = current_settings();
  const std::lock_guard lock(current.mutex);
  return current.settings;
}

void set_settings(std::shared_ptr<const Settings> settings) {
  CurrentSettings &current = current_settings();
  const std::lock_guard lock(current.mutex);
  current.settings = std::move(settings);
}

hal_status_t read_settings(Settings &settings) {
  for (const Reader &reader : kReaders)
    if (const std::string wrong = reader.read(settings); !wrong.empty())
      return fail(HAL_ERR_INVALID_ARGUMENT, wrong, fmt::format("correct or unset {}", reader.name));
  return HAL_OK;
}

std::string core_variable_problem(const std::string &name) {
  for (const Reader &reader : kReaders) {
    Settings scratch;
    if (reader.name == name) return reader.read(scratch);
  }
  return {};
}

}  // namespace hal::core
