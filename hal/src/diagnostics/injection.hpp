// SPDX-License-Identifier: Apache-2.0
//
// Injected failures (HAL_FAULTS): every public call and every fault point of a plugin asks whether it must fail.
#ifndef HAL_SRC_DIAGNOSTICS_INJECTION_HPP_
#define HAL_SRC_DIAGNOSTICS_INJECTION_HPP_

#include <atomic>
#include <string_view>
#include <vector>

#include "diagnostics/injection_spec.hpp"
#include "hal/hal.h"

namespace hal::core {

// Whether HAL_FAULTS is set. Only then are calls counted.
extern std::atomic<bool> injection_on;

// Takes the value of HAL_FAULTS at hal_init; "" = not set. If the text is that of the last hal_init, the counts
// continue. Logs the failures that will be injected.
void install_injections(std::string_view text, const std::vector<InjectionRule> &rules);

// Warns of fault points that HAL_FAULTS names and no call reached. libhal does not know the names of plugins' fault
// points, so that it cannot find a misspelt one earlier.
void warn_of_unreached_fault_points();

// Counts a call of a public function. Records and returns the failure to inject, or returns HAL_OK. May throw
// std::bad_alloc.
hal_status_t inject_failure(std::string_view function);

inline hal_status_t check_injection(std::string_view function) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return HAL_OK;
  return inject_failure(function);
}

// The same for a plugin's fault point; the failure is staged as the plugin's own description.
hal_status_t reach_fault_point(std::string_view site);

// For a fault point in another process of a plugin: on which pass that process must end. 0 = none, UINT64_MAX = each.
std::uint64_t kill_order(std::string_view site);

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_INJECTION_HPP_
