// SPDX-License-Identifier: Apache-2.0
//
// The door of every public function: names it for error reports, checks that libhal is up, lets no exception out.
#ifndef HAL_SRC_API_HPP_
#define HAL_SRC_API_HPP_

#include <exception>
#include <new>
#include <utility>

#include "error.hpp"
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

// For functions that work at any time.
template <typename Body>
hal_status_t api_call_any_time(const char *function, Body &&body) noexcept {
  const ApiScope scope(function);
  return guarded(std::forward<Body>(body));
}

// For all others.
template <typename Body>
hal_status_t api_call(const char *function, Body &&body) noexcept {
  const ApiScope scope(function);
  if (const hal_status_t status = check_ready(); status != HAL_OK) [[unlikely]]
    return status;
  return guarded(std::forward<Body>(body));
}

}  // namespace hal::core

#endif  // HAL_SRC_API_HPP_
