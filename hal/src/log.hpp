// SPDX-License-Identifier: Apache-2.0
//
// Log messages: to stderr, or to the application's callback.
#ifndef HAL_SRC_LOG_HPP_
#define HAL_SRC_LOG_HPP_

#include <fmt/format.h>

#include <string_view>

#include "hal/hal.h"

namespace hal::core {

// Whether a message of this level is shown.
bool log_enabled(hal_log_level_t level) noexcept;

// Shows a message. Holds no lock while the application's callback runs; never throws.
void log_message(hal_log_level_t level, std::string_view component, std::string_view message) noexcept;

// The level that holds unless the application has set one.
void set_default_log_level(hal_log_level_t level) noexcept;

// A message of the core, formatted only if it is shown.
template <typename... Args>
void log(hal_log_level_t level, fmt::format_string<Args...> format, Args &&...args) {
  if (log_enabled(level)) log_message(level, "core", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace hal::core

#endif  // HAL_SRC_LOG_HPP_
