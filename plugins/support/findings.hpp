// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_SUPPORT_FINDINGS_HPP_
#define HAL_PLUGINS_SUPPORT_FINDINGS_HPP_

#include <string>
#include <utility>

#include "hal/hal.h"

namespace hal::plugins {

// Passes the findings of a diagnosis to the caller's function.
class Findings {
 public:
  Findings(hal_finding_fn report, void *user) : report_(report), user_(user) {}

  // Starts a section: later findings belong to it.
  void begin(std::string section) { section_ = std::move(section); }

  void info(const std::string &name, const std::string &value, const std::string &hint = {}) const {
    add(HAL_FINDING_INFO, name, value, hint);
  }
  void ok(const std::string &name, const std::string &value) const { add(HAL_FINDING_OK, name, value, {}); }
  void warning(const std::string &name, const std::string &value, const std::string &hint) const {
    add(HAL_FINDING_WARNING, name, value, hint);
  }
  void problem(const std::string &name, const std::string &value, const std::string &hint) const {
    add(HAL_FINDING_PROBLEM, name, value, hint);
  }

 private:
  void add(hal_finding_verdict_t verdict, const std::string &name, const std::string &value,
           const std::string &hint) const {
    const hal_finding_t finding = {sizeof(finding), verdict,       section_.c_str(),
                                   name.c_str(),    value.c_str(), hint.c_str()};
    report_(user_, &finding);
  }

  hal_finding_fn report_;
  void *user_;
  std::string section_;
};

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_FINDINGS_HPP_
