// SPDX-License-Identifier: Apache-2.0
//
// Failures that the worker itself detects, as hal::Error.
#ifndef HAL_HOST_FAILURE_HPP_
#define HAL_HOST_FAILURE_HPP_

#include <cinttypes>
#include <cstdio>
#include <string>
#include <utility>

#include "hal/hal.hpp"

namespace hal {

// A wait that ended early. The work goes on.
class Interrupted : public Error {
 public:
  explicit Interrupted(const char *function)
      : Error({HAL_ERR_CANCELLED, 0, "", "chip_worker", function, "the wait was interrupted; the work goes on",
               "wait again, or reset the device to end the work"}) {}
};

[[noreturn]] inline void fail(hal_status_t status, const char *function, std::string message, std::string hint) {
  throw Error({status, 0, "", "chip_worker", function, std::move(message), std::move(hint)});
}

// "0x550000000000"
inline std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}
inline std::string hex(const void *pointer) { return hex(reinterpret_cast<std::uintptr_t>(pointer)); }

}  // namespace hal

#endif  // HAL_HOST_FAILURE_HPP_
