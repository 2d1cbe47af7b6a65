// SPDX-License-Identifier: Apache-2.0
//
// Failures on order (HAL_FAULTS): every public call and every fault point of a plugin asks whether it is its turn.
#ifndef HAL_SRC_DIAGNOSTICS_INJECTION_HPP_
#define HAL_SRC_DIAGNOSTICS_INJECTION_HPP_

#include <atomic>
#include <string_view>
#include <vector>

#include "diagnostics/injection_spec.hpp"
#include "hal/hal.h"

namespace hal::core {

// Whether calls are counted at all: HAL_FAULTS is set.
extern std::atomic<bool> injection_on;

// What HAL_FAULTS said at hal_init; "" = not set. Counting goes on where it was if the text is the same as last time.
// Says in the log what will fail.
void install_injections(std::string_view text, const std::vector<InjectionRule> &rules);

// Says in the log which fault points were named but never passed: misspelt ones cannot be found out before.
void warn_of_unreached_fault_points();

// Counts a call of a public function; the failure that it is told to have, recorded, else HAL_OK. May throw
// std::bad_alloc.
hal_status_t inject_failure(std::string_view function);

inline hal_status_t check_injection(std::string_view function) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return HAL_OK;
  return inject_failure(function);
}

// The same for a plugin's fault point; the failure is staged as what the plugin says about its operation.
hal_status_t reach_fault_point(std::string_view site);

// Which pass of a point in another process of a plugin's is to be that process's last: 0 = none, UINT64_MAX = each.
std::uint64_t kill_order(std::string_view site);

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_INJECTION_HPP_
