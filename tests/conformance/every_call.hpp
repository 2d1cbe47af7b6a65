// SPDX-License-Identifier: Apache-2.0
//
// Every function that takes a handle, so that one loop can check a rule for all of them.
#ifndef HAL_TESTS_CONFORMANCE_EVERY_CALL_HPP_
#define HAL_TESTS_CONFORMANCE_EVERY_CALL_HPP_

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "hal/hal.h"

namespace hal::conformance {

enum Sort : std::size_t { kBackend, kDevice, kStream, kMem, kExecutable, kKernel, kSorts };

// One handle of each sort, by value.
using Handles = std::array<std::uintptr_t, kSorts>;

struct Call {
  const char *function;
  Sort subject;        // the handle that the call is about
  bool null_is_meant;  // NULL is a valid subject: the device's own stream, or the codes of libhal
  std::function<hal_status_t(const Handles &)> call;
};

// Returns one entry for each handle parameter of each function. The other arguments are valid.
std::vector<Call> every_call();

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_EVERY_CALL_HPP_
