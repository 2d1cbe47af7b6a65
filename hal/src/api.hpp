// SPDX-License-Identifier: Apache-2.0
//
// The door of every public function: names it for error reports, checks that libhal is up, lets it fail if HAL_FAULTS
// says so, lets no exception out.
#ifndef HAL_SRC_API_HPP_
#define HAL_SRC_API_HPP_

#include <exception>
#include <new>
#include <utility>

#include "error.hpp"
#include "faults.hpp"
#include "lifecycle.hpp"

namespace hal::core {

// Records what the exception in flight says; called from a catch block.
hal_status_t fail_exception() noexcept;

template <typename Body>
hal_status_t guarded(Body &&body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return fail_exception();
  }
}

// For functions that work at any time. caller is where the public function returns to: a default argument is evaluated
// in the calling function.
template <typename Body>
hal_status_t api_call_any_time(const char *function, Body &&body, void *caller = __builtin_return_address(0)) noexcept {
  const ApiScope scope(function, caller);
  return guarded(std::forward<Body>(body));
}

// For all others.
template <typename Body>
hal_status_t api_call(const char *function, Body &&body, void *caller = __builtin_return_address(0)) noexcept {
  const ApiScope scope(function, caller);
  if (const hal_status_t status = check_ready(); status != HAL_OK) [[unlikely]]
    return status;
  return guarded([&]() -> hal_status_t {
    if (const hal_status_t status = check_faults(function); status != HAL_OK) [[unlikely]]
      return status;
    return body();
  });
}

// For those that PluginCall is for.
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

#endif  // HAL_SRC_API_HPP_
