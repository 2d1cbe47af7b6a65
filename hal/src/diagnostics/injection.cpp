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

constexpr const char *kHint = "this failure was ordered: unset HAL_FAULTS to be without it";

struct Faults {
  std::mutex mutex;
  std::string text;
  std::vector<InjectionRule> rules;
  std::map<std::string, std::uint64_t, std::less<>> calls;  // of functions and fault points, by name
};

Faults &faults() {
  static Faults &state = *new Faults;
  return state;
}

struct Turn {
  std::uint64_t number;
  hal_status_t status;  // HAL_OK: go on
  bool kill;
};

Turn count(std::string_view name) {
  Faults &state = faults();
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

// At level trace, so that one can see which names and numbers there are. Calls that the application's log callback
// makes are counted, but not told of: that would never end.
void tell(std::string_view name, std::uint64_t number) {
  static thread_local bool telling = false;
  if (telling || !log_enabled(HAL_LOG_TRACE)) return;
  telling = true;
  log(HAL_LOG_TRACE, "HAL_FAULTS: {}#{}", name, number);
  telling = false;
}

// As from outside: nothing is cleaned up.
[[noreturn]] void die(std::string_view name, std::uint64_t number) {
  log(HAL_LOG_WARN, "HAL_FAULTS: {}#{}=KILL: this process ends here", name, number);
  kill(getpid(), SIGKILL);
  for (;;) pause();  // another thread may have been given the signal
}

// Nothing: go on. Else the message.
std::optional<std::string> order(std::string_view name, hal_status_t &status) {
  const Turn turn = count(name);
  status = turn.status;
  tell(name, turn.number);
  if (turn.kill) die(name, turn.number);
  if (status == HAL_OK) return std::nullopt;
  return fmt::format("injected by HAL_FAULTS: {}#{}", name, turn.number);
}

std::string_view without_prefix(std::string_view function) {
  constexpr std::string_view kPrefix = "hal_";
  return function.starts_with(kPrefix) ? function.substr(kPrefix.size()) : function;
}

}  // namespace

void install_injections(std::string_view text, const std::vector<InjectionRule> &rules) {
  Faults &state = faults();
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
  log(HAL_LOG_WARN, "HAL_FAULTS is set; these calls will fail: {}", join_names(names));
}

void warn_of_unreached_fault_points() {
  if (!injection_on.load(std::memory_order_relaxed)) return;
  std::vector<std::string> unpassed;
  std::vector<std::string> passed;
  {
    Faults &state = faults();
    const std::lock_guard lock(state.mutex);
    const auto is_point = [](const std::string &name) { return name.find('.') != std::string::npos; };
    for (const InjectionRule &rule : state.rules)
      if (is_point(rule.name) && !state.calls.contains(rule.name)) unpassed.push_back(rule.name);
    for (const auto &[name, number] : state.calls)
      if (is_point(name)) passed.push_back(name);
  }
  if (unpassed.empty()) return;
  log(HAL_LOG_WARN, "HAL_FAULTS: nobody came by {}; fault points that were passed: {}", join_names(unpassed),
      join_names(passed));
}

hal_status_t inject_failure(std::string_view function) {
  hal_status_t status = HAL_OK;
  const auto message = order(without_prefix(function), status);
  return message ? fail(status, *message, kHint) : HAL_OK;
}

hal_status_t reach_fault_point(std::string_view site) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return HAL_OK;
  hal_status_t status = HAL_OK;
  if (const auto message = order(site, status)) stage_error(0, "", *message, kHint);
  return status;
}

std::uint64_t kill_order(std::string_view site) {
  if (!injection_on.load(std::memory_order_relaxed)) [[likely]]
    return 0;
  Faults &state = faults();
  const std::lock_guard lock(state.mutex);
  if (!state.calls.contains(site)) state.calls.emplace(site, 0);  // it is no misspelling
  const auto rule = std::find_if(state.rules.begin(), state.rules.end(), [&](const InjectionRule &candidate) {
    return candidate.kill && candidate.name == site;
  });
  if (rule == state.rules.end()) return 0;
  return rule->number != 0 ? rule->number : UINT64_MAX;
}

}  // namespace hal::core
