// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <string>

#include "api.hpp"

namespace hal::core {
namespace {

// Callbacks that were ever set stay reachable, since a call to an old one may be under way.
struct Callback {
  hal_log_fn fn;
  void *user;
  const Callback *previous;
};

constexpr hal_log_level_t kNotSet = UINT32_MAX;

constinit std::atomic<const Callback *> current_callback{nullptr};
constinit std::atomic<hal_log_level_t> default_level{HAL_LOG_WARN};
constinit std::atomic<hal_log_level_t> application_level{kNotSet};

spdlog::level::level_enum to_spdlog(hal_log_level_t level) {
  switch (level) {
    case HAL_LOG_TRACE:
      return spdlog::level::trace;
    case HAL_LOG_DEBUG:
      return spdlog::level::debug;
    case HAL_LOG_INFO:
      return spdlog::level::info;
    case HAL_LOG_WARN:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

// Not in spdlog's registry, which the application may own; leaked, so that it outlives every static object.
spdlog::logger &stderr_logger() {
  static spdlog::logger &logger = [&]() -> spdlog::logger & {
    auto *created = new spdlog::logger("libhal", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("[libhal] [%l] %v");
    created->set_level(spdlog::level::trace);
    created->flush_on(spdlog::level::trace);
    return *created;
  }();
  return logger;
}

}  // namespace

bool log_enabled(hal_log_level_t level) noexcept {
  const hal_log_level_t set = application_level.load(std::memory_order_relaxed);
  return level >= (set != kNotSet ? set : default_level.load(std::memory_order_relaxed)) && level < HAL_LOG_OFF;
}

void log_message(hal_log_level_t level, std::string_view component, std::string_view message) noexcept {
  if (!log_enabled(level)) return;
  try {
    const Callback *callback = current_callback.load(std::memory_order_acquire);
    if (callback != nullptr && callback->fn != nullptr)
      callback->fn(callback->user, level, std::string(component).c_str(), std::string(message).c_str());
    else
      stderr_logger().log(to_spdlog(level), "[{}] {}", component, message);
  } catch (...) {
    // A message that cannot be shown must not become a failure of what it tells about.
  }
}

void set_default_log_level(hal_log_level_t level) noexcept { default_level.store(level, std::memory_order_relaxed); }

}  // namespace hal::core

hal_status_t hal_log_set_callback(hal_log_fn fn, void *user) {
  using namespace hal::core;
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    auto *callback = new Callback{fn, user, current_callback.load(std::memory_order_acquire)};
    while (!current_callback.compare_exchange_weak(callback->previous, callback, std::memory_order_acq_rel)) {
    }
    return HAL_OK;
  });
}

hal_status_t hal_log_set_level(hal_log_level_t level) {
  using namespace hal::core;
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (level > HAL_LOG_OFF)
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("log level {} does not exist", level),
                  "use HAL_LOG_TRACE (0) to HAL_LOG_OFF (5)");
    application_level.store(level, std::memory_order_relaxed);
    return HAL_OK;
  });
}
