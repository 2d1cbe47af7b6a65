// SPDX-License-Identifier: Apache-2.0
//
// Reports of the objects that keep a device from closing.
#ifndef HAL_SRC_DIAGNOSTICS_LEAKS_HPP_
#define HAL_SRC_DIAGNOSTICS_LEAKS_HPP_

#include <string>
#include <vector>

#include "diagnostics/call_site.hpp"
#include "diagnostics/error.hpp"
#include "diagnostics/log.hpp"

namespace hal::core {

// Collects open objects under the owner's lock; write() looks up their call sites and logs them without that lock.
class LeakReport {
 public:
  // how: "allocated", "created", …
  void add(std::string what, const char *how, const CallSite &site);
  // Logs one warning per object, for the first 32.
  void write(const std::string &owner) const;

 private:
  struct Leak {
    std::string what;
    CallSite site;
  };
  std::size_t count_ = 0;
  std::vector<Leak> leaks_;
};

// Runs report, which logs warnings. The thread's last failure stays as it is, also if report throws.
template <typename Report>
void report_leaks(Report &&report) noexcept {
  if (!log_enabled(HAL_LOG_WARN)) return;
  const ErrorRecord failure = last_error();
  try {
    report();
  } catch (...) {
    log_message(HAL_LOG_WARN, "core", "out of memory while reporting open objects");
  }
  restore_error(failure);
}

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_LEAKS_HPP_
