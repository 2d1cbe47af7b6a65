// SPDX-License-Identifier: Apache-2.0
//
// Log messages: to stderr, or to the application's callback.
#ifndef HAL_SRC_DIAGNOSTICS_LOG_HPP_
#define HAL_SRC_DIAGNOSTICS_LOG_HPP_

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "hal/hal.h"

namespace hal::core {

// Whether messages of this level are shown.
bool log_enabled(hal_log_level_t level) noexcept;

// Shows a message, escaped (escape.hpp). Never throws. Holds no lock while the application's callback runs.
void log_message(hal_log_level_t level, std::string_view component, std::string_view message) noexcept;

// The level from the environment, used until the application calls set_log_level.
void set_default_log_level(hal_log_level_t level) noexcept;
void set_log_level(hal_log_level_t level) noexcept;

// NULL: messages go to stderr. Another thread may still be inside the previous callback.
void set_log_callback(hal_log_fn fn, void *user);

// A message of libhal itself; formatted only if it is shown.
template <typename... Args>
void log(hal_log_level_t level, fmt::format_string<Args...> format, Args &&...args) {
  if (log_enabled(level)) log_message(level, "core", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_LOG_HPP_
