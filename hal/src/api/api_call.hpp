// SPDX-License-Identifier: Apache-2.0
//
// The frame of every public function. It names the function for error reports, checks that libhal is initialised,
// injects the failure that HAL_FAULTS asks for, and turns exceptions into a status.
#ifndef HAL_SRC_API_API_CALL_HPP_
#define HAL_SRC_API_API_CALL_HPP_

#include <utility>

#include "api/lifecycle.hpp"
#include "diagnostics/error.hpp"
#include "diagnostics/injection.hpp"
#include "environment/phase.hpp"

namespace hal::core {

// For functions that work at any time. caller is the return address of the public function: the compiler evaluates a
// default argument in the calling function.
template <typename Body>
hal_status_t api_call_any_time(const char *function, Body &&body, void *caller = __builtin_return_address(0)) noexcept {
  const ApiScope scope(function, caller);
  return guarded(std::forward<Body>(body));
}

// For functions that need hal_init.
template <typename Body>
hal_status_t api_call(const char *function, Body &&body, void *caller = __builtin_return_address(0)) noexcept {
  const ApiScope scope(function, caller);
  if (const hal_status_t status = check_ready(); status != HAL_OK) [[unlikely]]
    return status;
  return guarded([&]() -> hal_status_t {
    if (const hal_status_t status = check_injection(function); status != HAL_OK) [[unlikely]]
      return status;
    return body();
  });
}

// For functions that find, load or ask plugins (see PluginCall).
template <typename Body>
hal_status_t api_call_on_plugins(const char *function, Body &&body,
                                 void *caller = __builtin_return_address(0)) noexcept {
  return api_call(
      function,
      [&]() -> hal_status_t {
        const PluginCall call;
        return call.status() == HAL_OK ? body() : call.status();
      },
      caller);
}

}  // namespace hal::core

#endif  // HAL_SRC_API_API_CALL_HPP_
