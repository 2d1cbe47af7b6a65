// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_PLUGINS_MACHINE_FINDINGS_HPP_
#define HAL_PLUGINS_MACHINE_FINDINGS_HPP_

#include <string>

#include "hal/hal.h"

namespace hal::machine {

// The findings of a diagnosis on their way to who asked for it.
class Findings {
 public:
  Findings(hal_finding_fn report, void *user) : report_(report), user_(user) {}

  // What follows belongs to this section.
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
           const std::string &hint) const;

  hal_finding_fn report_;
  void *user_;
  std::string section_;
};

}  // namespace hal::machine

#endif  // HAL_PLUGINS_MACHINE_FINDINGS_HPP_
