// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/injection.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "diagnostics/error.hpp"
#include "diagnostics/log.hpp"
#include "support/text.hpp"

namespace hal::core {

constinit std::atomic<bool> injection_on{false};

namespace {

constexpr const char *kHint = "this failure was injected; unset HAL_FAULTS to disable it";

struct Injections {
  std::mutex mutex;
  std::string text;
  std::vector<InjectionRule> rules;
  std::map<std::string, std::uint64_t, std::less<>> calls;  // of functions and fault points, by name
};

Injections &injections() {
  static Injections &state = *new Injections;
  return state;
}

struct Pass {
  std::uint64_t number;
  hal_status_t status;  // HAL_OK: inject nothing
  bool kill;
};

Pass count(std::string_view name) {
  Injections &state = injections();
  const std::lock_guard lock(state.mutex);
  auto entry = state.calls.find(name);
  if (entry == state.calls.end()) entry = state.calls.emplace(name, 0).first;
  const std::uint64_t number = ++entry->second;
  const auto rule = std::find_if(state.rules.begin(), state.rules.end(), [&](const InjectionRule &candidate) {
    return candidate.name == name && (candidate.number == 0 || candidate.number == number);
  });
  if (rule == state.rules.end()) return {number, HAL_OK, false};
  return {number, rule->status, rule->kill};
}

// Shows names and numbers for HAL_FAULTS. Calls that the application's log callback makes are counted but not logged,
// since logging them would not end.
void trace(std::string_view name, std::uint64_t number) {
  static thread_local bool tracing = false;
  if (tracing || !log_enabled(HAL_LOG_TRACE)) return;
  tracing = true;
  log(HAL_LOG_TRACE, "HAL_FAULTS: {}#{}", name, number);
  tracing = false;
}

// Ends the process as another process would, without clean-up.
[[noreturn]] void die(std::string_view name, std::uint64_t number) {
  log(HAL_LOG_WARN, "HAL_FAULTS: {}#{}=KILL: ending this process", name, number);
  kill(getpid(), SIGKILL);
  for (;;) pause();  // another thread may have received the signal
}

// The message of the failure to inject; nothing if there is none.
std::optional<std::string> failure_of(std::string_view name, hal_status_t &status) {
  const Pass pass = count(name);
  status = pass.status;
  trace(name, pass.number);
  if (pass.kill) die(name, pass.number);
  if (status == HAL_OK) return std::nullopt;
  return fmt::format("injected by HAL_FAULTS: {}#{}", name, pass.number);
}

std::string_view without_prefix(std::string_view function) {
  constexpr std::string_view kPrefix = "hal_";
  return function.starts_with(kPrefix) ? function.substr(kPrefix.size()) : function;
}

}  // namespace

void install_injections(std::string_view text, const std::vector<InjectionRule> &rules) {
  Injections &state = injections();
  {
    const std::lock_guard lock(state.mutex);
    if (state.text != text) {
      state.text = text;
      state.rules = rules;
      state.calls.clear();
    }
  }
  injection_on.store(!text.empty(), std::memory_order_relaxed);
  if (rules.empty()) return;
  std::vector<std::string> names;
  for (const InjectionRule &rule : rules) names.push_back(rule.text());
  log(HAL_LOG_WARN, "HAL_FAULTS is set: libhal will inject {}", join_names(names));
}

void warn_of_unreached_fault_points() {
  if (!injection_on.load(std::memory_order_relaxed)) return;
  std::vector<std::string> unreached;
  std::vector<std::string> reached;
  {
    Injections &state = injections();
    const std::lock_guard lock(state.mutex);
    const auto is_point = [](const std::string &name) { return name.find('.') != std::string::npos; };
    for (const InjectionRule &rule : state.rules)
      if (is_point(rule.name) && !state.calls.contains(rule.name)) unreached.push_back(rule.name);
    for (const auto &[name, number] : state.calls)
      if (is_point(name)) reached.push_back(name);
  }
  if (unreached.empty()) return;
  const bool one = unreached.size() == 1;
  log(HAL_LOG_WARN, "HAL_FAULTS: fault {} never reached. Points reached: {}",
      fmt::format("{} {} {}", one ? "point" : "points", join_names(unreached), one ? "was" : "were"),
      join_names(reached));
}

hal_status_t inject_failure(std::string_view function) {
  hal_status_t status = HAL_OK;
  const auto message = failure_of(without_prefix(function), status);
  return message ? fail(status, *message, kHint) : HAL_OK;
}

hal_status_t reach_fault_point(std::string_view site) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return HAL_OK;
  hal_status_t status = HAL_OK;
  if (const auto message = failure_of(site, status)) stage_error(0, "", *message, kHint);
  return status;
}

std::uint64_t kill_order(std::string_view site) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return 0;
  Injections &state = injections();
  const std::lock_guard lock(state.mutex);
  if (!state.calls.contains(site)) state.calls.emplace(site, 0);  // the point exists, so its name is not misspelt
  const auto rule = std::find_if(state.rules.begin(), state.rules.end(), [&](const InjectionRule &candidate) {
    return candidate.kill && candidate.name == site;
  });
  if (rule == state.rules.end()) return 0;
  return rule->number != 0 ? rule->number : UINT64_MAX;
}

}  // namespace hal::core
