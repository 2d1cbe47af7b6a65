// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

#include "api/api_call.hpp"
#include "diagnostics/struct_rules.hpp"
#include "environment/variables.hpp"

namespace hal::core {
namespace {

// The result of the last hal_variable_count: hal_variable_info hands out its strings.
struct Snapshot {
  std::mutex mutex;
  std::vector<VariableReport> reports;
};

Snapshot &snapshot() {
  static Snapshot &instance = *new Snapshot;
  return instance;
}

const char *type_name(std::uint32_t type) {
  switch (type) {
    case HAL_OPTION_NUMBER:
      return "number";
    case HAL_OPTION_BYTES:
      return "bytes";
    case HAL_OPTION_SWITCH:
      return "switch";
    case HAL_OPTION_PATH:
      return "path";
    default:
      return "text";
  }
}

}  // namespace
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
                  fmt::format("variable {} does not exist; hal_variable_count found {}", index, taken.reports.size()),
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
