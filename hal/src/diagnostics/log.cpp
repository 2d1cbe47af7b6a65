// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <string>

#include "support/escape.hpp"

namespace hal::core {
namespace {

// A replaced callback is kept, since another thread may still be inside it.
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

// Not in spdlog's registry, which may belong to the application. Never destroyed, so that it outlives static objects.
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
    const std::string shown_component = escaped(component);
    const std::string shown = escaped(message);
    const Callback *callback = current_callback.load(std::memory_order_acquire);
    if (callback != nullptr && callback->fn != nullptr)
      callback->fn(callback->user, level, shown_component.c_str(), shown.c_str());
    else
      stderr_logger().log(to_spdlog(level), "[{}] {}", shown_component, shown);
  } catch (...) {
    // A lost message must not turn into a failure of the call that logs it.
  }
}

void set_default_log_level(hal_log_level_t level) noexcept { default_level.store(level, std::memory_order_relaxed); }

void set_log_level(hal_log_level_t level) noexcept { application_level.store(level, std::memory_order_relaxed); }

void set_log_callback(hal_log_fn fn, void *user) {
  auto *callback = new Callback{fn, user, current_callback.load(std::memory_order_acquire)};
  while (!current_callback.compare_exchange_weak(callback->previous, callback, std::memory_order_acq_rel)) {
  }
}

}  // namespace hal::core
