// SPDX-License-Identifier: Apache-2.0
#include "environment/variables.hpp"

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "environment/settings.hpp"
#include "support/text.hpp"

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
  if (is_ignored(variable.name)) report.problem = "it is ignored, since this process has elevated privileges";
  return report;
}

std::string option_problem(const Variable &variable) {
  Value value;
  return read_variable(variable, value);
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
