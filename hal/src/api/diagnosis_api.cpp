// SPDX-License-Identifier: Apache-2.0
//
// The meaning of native codes, and the plugins' diagnosis of the machine. They work without a probe, so that they also
// work where the backend does not.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "api/api_call.hpp"
#include "api/backend.hpp"
#include "backends/plugin.hpp"
#include "diagnostics/native_error.hpp"
#include "diagnostics/status.hpp"
#include "diagnostics/struct_rules.hpp"

namespace hal::core {
namespace {

const char *text_of(const char *text) noexcept { return text != nullptr ? text : ""; }

hal_status_t fail_unknown(std::string_view who, std::string_view domain, std::int64_t code) {
  return fail(HAL_ERR_NOT_FOUND,
              fmt::format("{} does not know code {}{}{}", who, code, domain.empty() ? "" : " of domain ", domain),
              "ask the backend that returned the code: see component and native_domain of hal_last_error");
}

hal_status_t explain_own_code(std::string_view domain, std::int64_t code, hal_native_error_t *error) {
  const auto answer = explain_own(domain, code);
  return answer ? write_struct(error, *answer, "error") : fail_unknown("libhal", domain, code);
}

hal_status_t ask_plugin(Plugin &plugin, const char *domain, std::int64_t code, hal_native_error_t *error) {
  hal_native_error_v1_t given = {};
  given.struct_size = sizeof(given);
  const auto operation = plugin.ops().explain_native;
  if (operation == nullptr) return plugin.fail_missing("explain_native");
  hal_status_t status = HAL_OK;
  try {
    status = operation(plugin.self(), domain, code, &given);
  } catch (...) {
    return plugin.fail_thrown("explain_native");
  }
  if (status == HAL_ERR_NOT_FOUND) {
    (void)take_staged_error();
    return fail_unknown(plugin.name(), domain, code);
  }
  if (status != HAL_OK) return plugin.fail_operation("explain_native", status);
  const bool is_failure = given.status != HAL_OK && is_status(given.status);
  const hal_native_error_t answer = {sizeof(answer), is_failure ? given.status : HAL_ERR_UNKNOWN, text_of(given.domain),
                                     text_of(given.cause), text_of(given.hint)};
  return write_struct(error, answer, "error");
}

// plugin NULL: only libhal's own domains.
hal_status_t explain(Plugin *plugin, const char *domain, std::int64_t code, hal_native_error_t *error) {
  const std::string_view whose = text_of(domain);
  if (plugin == nullptr || is_own_domain(whose)) return explain_own_code(whose, code, error);
  return ask_plugin(*plugin, text_of(domain), code, error);
}

struct Listener {
  hal_finding_fn fn;
  void *user;
};

// Passes a finding to the application. The plugin's struct may have any length and NULL texts.
void forward(void *user, const hal_finding_t *given) {
  if (given == nullptr) return;
  hal_finding_t finding = {};
  std::memcpy(&finding, given, std::min<std::size_t>(given->struct_size, sizeof(finding)));
  finding.struct_size = sizeof(finding);
  if (finding.verdict > HAL_FINDING_PROBLEM) finding.verdict = HAL_FINDING_INFO;
  for (const char **text : {&finding.section, &finding.name, &finding.value, &finding.hint}) *text = text_of(*text);
  const auto &listener = *static_cast<const Listener *>(user);
  listener.fn(listener.user, &finding);
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_backend_explain_native(hal_backend_t backend, const char *domain, int64_t code,
                                        hal_native_error_t *error) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (const hal_status_t status = check_output(error, "error"); status != HAL_OK) return status;
    if (backend == nullptr) return explain(nullptr, domain, code, error);
    const Pin<Backend> pin(backend, "backend");
    if (!pin) return pin.status();
    return explain(pin->plugin, domain, code, error);
  });
}

hal_status_t hal_candidate_explain_native(uint32_t index, const char *domain, int64_t code, hal_native_error_t *error) {
  return api_call_on_plugins(__func__, [&]() -> hal_status_t {
    if (const hal_status_t status = check_output(error, "error"); status != HAL_OK) return status;
    Plugin *plugin = nullptr;
    if (const hal_status_t status = load_candidate(index, plugin); status != HAL_OK) return status;
    return explain(plugin, domain, code, error);
  });
}

hal_status_t hal_candidate_diagnose(uint32_t index, hal_finding_fn fn, void *user) {
  return api_call_on_plugins(__func__, [&]() -> hal_status_t {
    if (fn == nullptr) return fail_null("fn");
    Plugin *plugin = nullptr;
    if (const hal_status_t status = load_candidate(index, plugin); status != HAL_OK) return status;
    Listener listener = {fn, user};
    return plugin->call<&Ops::diagnose>("diagnose", plugin->self(), &forward, static_cast<void *>(&listener));
  });
}
