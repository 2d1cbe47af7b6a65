// SPDX-License-Identifier: Apache-2.0
#include "api/lifecycle.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include "api/api_call.hpp"
#include "api/backend.hpp"
#include "backends/selection.hpp"
#include "diagnostics/call_site.hpp"
#include "diagnostics/host_crash.hpp"
#include "diagnostics/injection.hpp"
#include "diagnostics/log.hpp"
#include "environment/environment.hpp"
#include "environment/settings.hpp"
#include "objects/device_table.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

// PluginCall writes plugin_calls, then reads ending; hal_shutdown writes ending, then reads plugin_calls. So at least
// one of them sees the other.
constinit std::atomic<std::uint32_t> plugin_calls{0};
constinit std::atomic<bool> ending{false};

struct Lifecycle {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t references = 0;  // with the pair's
  bool pair_reference = false;
  bool changing = false;  // a thread starts or stops libhal, without the lock
  bool fork_handler = false;
};

Lifecycle &lifecycle() {
  static Lifecycle &state = *new Lifecycle;
  return state;
}

// In the child, locks of threads that do not exist there may be held. So this is one store and nothing else.
void after_fork_in_child() {
  if (lifecycle_phase.load(std::memory_order_relaxed) != Phase::kDown)
    lifecycle_phase.store(Phase::kForked, std::memory_order_relaxed);
}

hal_status_t check_draft(std::uint32_t abi_draft) {
  if (abi_draft == HAL_ABI_DRAFT) return HAL_OK;
  return fail(
      HAL_ERR_INCOMPATIBLE,
      fmt::format("the application was built for HAL_ABI_DRAFT {}, this libhal is draft {}", abi_draft, HAL_ABI_DRAFT),
      "rebuild the application with this libhal's headers");
}

// Runs without the lock, since log messages may go to the application.
hal_status_t start(std::shared_ptr<Settings> &settings) {
  settings = std::make_shared<Settings>();
  if (const hal_status_t status = read_settings(*settings); status != HAL_OK) return status;
  set_default_log_level(settings->log_level);
  warn_of_ignored();
  warn_of_misspelt(core_variables());
  keep_call_stacks(settings->debug);
  report_host_crashes(settings->debug);
  install_injections(settings->injections_text, settings->injections);
  return check_injection("hal_init");
}

hal_status_t init(std::uint32_t abi_draft) {
  if (const hal_status_t status = check_draft(abi_draft); status != HAL_OK) return status;
  Lifecycle &state = lifecycle();
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return !state.changing; });
  if (state.references > 0) {
    // Without the lock, since the log may go to the application.
    ++state.references;
    lock.unlock();
    const hal_status_t status = guarded([] { return check_injection("hal_init"); });
    if (status != HAL_OK) drop_reference();
    return status;
  }
  if (!state.fork_handler) state.fork_handler = pthread_atfork(nullptr, nullptr, after_fork_in_child) == 0;
  if (!state.fork_handler) return fail(HAL_ERR_OUT_OF_MEMORY, "pthread_atfork failed", "free memory");
  state.changing = true;
  lifecycle_phase.store(Phase::kStarting, std::memory_order_release);
  lock.unlock();
  std::shared_ptr<Settings> settings;
  const hal_status_t status = guarded([&] { return start(settings); });
  lock.lock();
  if (status == HAL_OK) {
    set_settings(std::move(settings));
    state.references = 1;
    restart_devices();
  }
  lifecycle_phase.store(status == HAL_OK ? Phase::kReady : Phase::kDown, std::memory_order_release);
  state.changing = false;
  state.changed.notify_all();
  return status;
}

hal_status_t fail_open_devices() {
  std::vector<std::string> names;
  for (const OpenDevice &device : open_devices())
    names.push_back(fmt::format("{} (opened {} times)", device.name, device.opens));
  return fail(HAL_ERR_BUSY, fmt::format("devices are open: {}", join_names(names)),
              "close each as often as it was opened");
}

// Runs without the lock, since it closes the devices that the pair keeps open.
hal_status_t stop() {
  if (plugin_calls.load() > 0)
    return fail(HAL_ERR_BUSY, "another call is finding, loading or asking plugins",
                "call hal_shutdown after all other calls have returned, and not from a callback");
  if (const hal_status_t status = close_idle_pair_devices(); status != HAL_OK) return status;
  if (!stop_devices()) return fail_open_devices();
  if (release_backends()) {
    forget_selections();
    warn_of_unreached_fault_points();
    report_host_crashes(false);
    forget_scan();
    return HAL_OK;
  }
  restart_devices();
  return fail(HAL_ERR_BUSY, "another thread is inside a call on a backend", "finish all calls before hal_shutdown");
}

hal_status_t shutdown() {
  Lifecycle &state = lifecycle();
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return !state.changing; });
  const std::uint64_t pair = state.pair_reference ? 1 : 0;
  if (state.references <= pair)
    return fail(HAL_ERR_FAILED_PRECONDITION, "hal_shutdown called without a matching hal_init",
                "call hal_shutdown once per hal_init");
  if (state.references - pair > 1) {
    --state.references;
    return HAL_OK;
  }
  state.changing = true;
  ending.store(true);
  lock.unlock();
  const hal_status_t status = guarded([] { return stop(); });
  if (status == HAL_ERR_BUSY) report_open_devices();
  lock.lock();
  if (status == HAL_OK) {
    state.references = 0;
    state.pair_reference = false;
    lifecycle_phase.store(Phase::kDown, std::memory_order_release);
  }
  ending.store(false);
  state.changing = false;
  state.changed.notify_all();
  return status;
}

}  // namespace

PluginCall::PluginCall() {
  plugin_calls.fetch_add(1);
  status_ = ending.load() ? fail_not_ready() : check_ready();
}

PluginCall::~PluginCall() { plugin_calls.fetch_sub(1); }

void keep_reference_for_pair() {
  Lifecycle &state = lifecycle();
  const std::lock_guard lock(state.mutex);
  if (state.pair_reference)
    --state.references;
  else
    state.pair_reference = true;
}

void drop_reference() {
  Lifecycle &state = lifecycle();
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return !state.changing; });
    if (state.references > 1) {
      --state.references;
      return;
    }
  }
  const QuietErrors quiet;
  (void)shutdown();
}

}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_init(uint32_t abi_draft) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    const hal_status_t status = check_not_forked();
    return status == HAL_OK ? init(abi_draft) : status;
  });
}

hal_status_t hal_shutdown(void) {
  return api_call(__func__, [] { return shutdown(); });
}

const char *hal_version(void) { return HAL_CORE_VERSION; }

uint32_t hal_abi_draft(void) { return HAL_ABI_DRAFT; }
