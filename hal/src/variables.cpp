// SPDX-License-Identifier: Apache-2.0
#include "variables.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "api.hpp"
#include "hal/hal.h"
#include "settings.hpp"
#include "struct_rules.hpp"
#include "text.hpp"
#include "trust.hpp"

namespace hal::core {
namespace {

struct Declared {
  Variable variable;
  std::set<std::string> owners;
};

struct DeclaredVariables {
  std::mutex mutex;
  std::map<std::string, Declared> by_name;
};

DeclaredVariables &declared_variables() {
  static DeclaredVariables &declared = *new DeclaredVariables;
  return declared;
}

// What hal_variable_info reads: as of the last hal_variable_count.
struct Snapshot {
  std::mutex mutex;
  std::vector<VariableReport> reports;
};

Snapshot &snapshot() {
  static Snapshot &instance = *new Snapshot;
  return instance;
}

bool is_ignored(const std::string &name) {
  const char *given = std::getenv(name.c_str());
  return has_elevated_privileges() && given != nullptr && *given != '\0';
}

VariableReport report(const Variable &variable, std::string owner, std::string problem) {
  VariableReport report = {variable, std::move(owner), variable.default_value, false, std::move(problem)};
  if (const auto text = environment_text(variable.name)) {
    report.value = *text;
    report.from_environment = true;
  }
  if (is_ignored(variable.name)) report.problem = "it is set but ignored, since this process has elevated privileges";
  return report;
}

std::string option_problem(const Variable &variable) {
  Value value;
  return read_variable(variable, value);
}

const char *type_name(std::uint32_t type) {
  switch (type) {
    case HAL_OPTION_NUMBER:
      return "number";
    case HAL_OPTION_BYTES:
      return "bytes";
    case HAL_OPTION_SWITCH:
      return "switch";
    default:
      return "text";
  }
}

}  // namespace

void declare_variables(const std::string &owner, const std::vector<Variable> &variables) {
  DeclaredVariables &declared = declared_variables();
  const std::lock_guard lock(declared.mutex);
  for (const Variable &variable : variables) {
    Declared &entry = declared.by_name[variable.name];
    entry.variable = variable;
    entry.owners.insert(owner);
  }
}

std::vector<VariableReport> report_variables() {
  std::vector<VariableReport> reports;
  for (const Variable &variable : core_variables())
    reports.push_back(report(variable, "core", core_variable_problem(variable.name)));
  DeclaredVariables &declared = declared_variables();
  const std::lock_guard lock(declared.mutex);
  for (const auto &[name, entry] : declared.by_name)
    reports.push_back(
        report(entry.variable, join_names({entry.owners.begin(), entry.owners.end()}), option_problem(entry.variable)));
  return reports;
}

}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_variable_count(uint32_t *count) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (count == nullptr) return fail_null("count");
    std::vector<VariableReport> reports = report_variables();
    Snapshot &taken = snapshot();
    const std::lock_guard lock(taken.mutex);
    taken.reports = std::move(reports);
    *count = static_cast<std::uint32_t>(taken.reports.size());
    return HAL_OK;
  });
}

hal_status_t hal_variable_info(uint32_t index, hal_variable_info_t *info) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (const hal_status_t status = check_output(info, "info"); status != HAL_OK) return status;
    Snapshot &taken = snapshot();
    const std::lock_guard lock(taken.mutex);
    if (index >= taken.reports.size())
      return fail(HAL_ERR_NOT_FOUND,
                  fmt::format("there is no variable {}; hal_variable_count found {}", index, taken.reports.size()),
                  "call hal_variable_count first");
    const VariableReport &report = taken.reports[index];
    const hal_variable_info_t answer = {sizeof(answer),
                                        0,
                                        report.variable.name.c_str(),
                                        report.value.c_str(),
                                        report.from_environment ? "environment" : "default",
                                        report.variable.default_value.c_str(),
                                        type_name(report.variable.type),
                                        report.variable.help.c_str(),
                                        report.owner.c_str(),
                                        report.problem.c_str()};
    return write_struct(info, answer, "info");
  });
}
