// SPDX-License-Identifier: Apache-2.0
//
// The core's variables together, as hal_init reads them: values separated by NUL, in the order of core_variables().
#include "environment/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "diagnostics/error.hpp"
#include "environment/environment.hpp"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/settings_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::Settings;
using hal::core::Variable;
using hal::fuzz::holds;

// The environment variables of one run. This class owns their strings, because setenv would never free them.
class Environment {
 public:
  explicit Environment(std::string_view values) {
    for (const Variable &variable : hal::core::core_variables()) {
      const std::size_t end = values.find('\0');
      set(variable.name + '=' + std::string(values.substr(0, end)));
      values.remove_prefix(end == values.npos ? values.size() : end + 1);
    }
  }
  ~Environment() {
    for (const Variable &variable : hal::core::core_variables()) ::unsetenv(variable.name.c_str());
  }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

 private:
  void set(const std::string &assignment) {
    entries_.push_back(std::make_unique<char[]>(assignment.size() + 1));
    std::copy(assignment.begin(), assignment.end(), entries_.back().get());
    ::putenv(entries_.back().get());
  }

  std::vector<std::unique_ptr<char[]>> entries_;
};

void check_accepted(const Settings &settings) {
  for (const auto *paths : {&settings.plugin_files, &settings.plugin_path})
    for (const std::string &path : *paths) holds(path.starts_with('/'), "paths are absolute", path);
  holds(settings.log_level <= HAL_LOG_OFF, "the log level exists");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const hal::fuzz::Exact input(data, size);
  const Environment environment(input.text());
  std::string problem;
  for (const Variable &variable : hal::core::core_variables()) {
    const std::string wrong = subject::core_variable_problem(variable.name);
    if (wrong.empty()) continue;
    holds(wrong.size() < hal::core::kErrorTextBytes, "the whole reason fits into a message", wrong);
    holds(wrong.starts_with(variable.name + " is \""), "the reason names the variable", wrong);
    problem = wrong;
  }
  Settings settings;
  const hal_status_t status = hal::core::read_settings(settings);
  holds(status == (problem.empty() ? HAL_OK : HAL_ERR_INVALID_ARGUMENT),
        "the settings are refused if and only if a variable is", problem);
  if (status == HAL_OK) {
    check_accepted(settings);
    return 0;
  }
  const hal::core::ErrorRecord &error = hal::core::last_error();
  holds(hal::fuzz::is_message(error.message) && hal::fuzz::is_message(error.hint), "message and hint can be shown",
        error.message);
  return 0;
}
