// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "api/api_call.hpp"
#include "diagnostics/log.hpp"

using namespace hal::core;

hal_status_t hal_log_set_callback(hal_log_fn fn, void *user) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    set_log_callback(fn, user);
    return HAL_OK;
  });
}

hal_status_t hal_log_set_level(hal_log_level_t level) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (level > HAL_LOG_OFF)
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("log level {} does not exist", level),
                  "use HAL_LOG_TRACE (0) to HAL_LOG_OFF (5)");
    set_log_level(level);
    return HAL_OK;
  });
}
