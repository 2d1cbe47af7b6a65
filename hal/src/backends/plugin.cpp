// SPDX-License-Identifier: Apache-2.0
#include "backends/plugin.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "diagnostics/call_site.hpp"
#include "diagnostics/injection.hpp"
#include "diagnostics/log.hpp"
#include "diagnostics/status.hpp"
#include "environment/variables.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

std::string text_or_empty(const char *text) { return text != nullptr ? text : ""; }

std::string_view view_or_empty(const char *text) noexcept { return text != nullptr ? text : std::string_view(); }

constexpr const char *kThrownHint =
    "report this to the plugin's author: hal::plugin::thunk of hal/hal_plugin.hpp catches exceptions";

// The text of the exception being handled.
std::string describe_thrown() {
  try {
    throw;
  } catch (const std::exception &error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
}

constexpr std::string_view kAuthorHint = "report this to the plugin's author (P5)";

void take_probe_answer(Candidate &candidate, const hal_probe_v1_t &probe) {
  const ErrorRecord staged = take_staged_error();
  const auto pick = [](const char *first, const char *second) -> std::string {
    return first != nullptr && *first != '\0' ? first : second;
  };
  candidate.reason = pick(probe.reason, "no_device");
  candidate.detail = pick(probe.detail, staged.message);
  candidate.hint = pick(probe.hint, staged.hint);
}

// The trust of the candidate that this thread probes. Takes doubts about the files that the plugin uses.
thread_local constinit Trust *probed_trust = nullptr;

class ProbedTrust {
 public:
  explicit ProbedTrust(Trust &trust) noexcept : before_(std::exchange(probed_trust, &trust)) {}
  ~ProbedTrust() { probed_trust = before_; }
  ProbedTrust(const ProbedTrust &) = delete;
  ProbedTrust &operator=(const ProbedTrust &) = delete;

 private:
  Trust *const before_;
};

// Judges a file that a plugin uses.
hal_status_t check_trust(const std::string &path, std::string &why) {
  struct stat info = {};
  if (!path.starts_with('/')) {
    why = fmt::format("the path {} is not absolute", path);
    return HAL_ERR_INVALID_ARGUMENT;
  }
  if (::stat(path.c_str(), &info) != 0) {
    const int error = errno;
    why = fmt::format("it cannot be inspected: {}", std::system_category().message(error));
    return error == ENOENT || error == ENOTDIR ? HAL_ERR_NOT_FOUND : HAL_ERR_UNAVAILABLE;
  }
  Trust trust = judge_file(info, path, has_elevated_privileges());
  why = trust.doubt;
  if (trust.refused) return HAL_ERR_UNAVAILABLE;
  warn_of_doubt(path, trust);
  if (probed_trust != nullptr && probed_trust->doubt.empty() && !trust.doubt.empty()) {
    *probed_trust = std::move(trust);
    probed_trust->doubt += fmt::format(": {}", path);
  }
  return HAL_OK;
}

// The probe itself failed: the backend is neither usable nor absent.
void break_failed(Candidate &candidate, hal_status_t status) {
  const ErrorRecord staged = take_staged_error();
  const std::string_view message = staged.message;
  const std::string_view hint = staged.hint;
  candidate.break_with(
      "load_failed",
      fmt::format("its probe failed with {}{}{}", status_name(status), message.empty() ? "" : ": ", message),
      std::string(hint.empty() ? kAuthorHint : hint),
      status == HAL_ERR_INVALID_ARGUMENT ? status : HAL_ERR_UNAVAILABLE);
}

}  // namespace

Plugin::Plugin(const Candidate &candidate)
    : name_(candidate.name),
      arch_(candidate.arch),
      kind_(candidate.kind),
      path_(candidate.real_path),
      stamp_(candidate.stamp) {
  host_.struct_size = sizeof(host_);
  host_.abi_min = HAL_ABI_DRAFT;
  host_.abi_max = HAL_ABI_DRAFT;
  host_.ctx = this;
  host_.plugin_path = path_.c_str();
  host_.log_enabled = service_log_enabled;
  host_.log = service_log;
  host_.set_error = service_set_error;
  host_.get_text = service_get_text;
  host_.get_number = service_get_number;
  host_.fault_point = service_fault_point;
  host_.get_environment = service_get_environment;
  host_.set_kernel_fault = service_set_kernel_fault;
  host_.kill_order = service_kill_order;
  host_.call_site = service_call_site;
  host_.describe_call_site = service_describe_call_site;
  host_.check_trust = service_check_trust;
}

bool Plugin::attach(hal_plugin_entry_v1_fn entry, Candidate &candidate) {
  hal_plugin_v1_t table = {};
  table.struct_size = sizeof(table);
  hal_status_t entered = HAL_OK;
  try {
    entered = entry(&host_, &table);
  } catch (...) {
    candidate.break_with("load_failed",
                         fmt::format("its entry function threw an exception (P5): {}", describe_thrown()), kThrownHint);
    return false;
  }
  return take_table(table, entered, candidate) && read_options(table, candidate);
}

bool Plugin::take_table(const hal_plugin_v1_t &table, hal_status_t entered, Candidate &candidate) {
  const auto broken = [&](const char *reason, const std::string &detail, hal_status_t error = HAL_ERR_UNAVAILABLE) {
    candidate.break_with(reason, detail, "rebuild or reinstall the plugin", error);
    return false;
  };
  const bool speaks_ours = table.abi_min <= HAL_ABI_DRAFT && HAL_ABI_DRAFT <= table.abi_max;
  if (entered == HAL_ERR_INCOMPATIBLE || !speaks_ours)
    return broken("abi_mismatch",
                  fmt::format("the plugin has ABI drafts {} to {}, this libhal has draft {}", table.abi_min,
                              table.abi_max, HAL_ABI_DRAFT),
                  HAL_ERR_INCOMPATIBLE);
  if (entered != HAL_OK)
    return broken("load_failed", fmt::format("its entry function failed with {}: {}", status_name(entered),
                                             std::string_view(take_staged_error().message)));
  if (table.ops == nullptr || table.ops->struct_size < offsetof(Ops, probe) ||
      (table.option_count > 0 && table.options == nullptr))
    return broken("null_table", "its entry function did not set the table of operations or of options");
  if (text_or_empty(table.name) != name_)
    return broken("load_failed", fmt::format("its note names backend \"{}\", its entry function \"{}\"", name_,
                                             view_or_empty(table.name)));
  std::memcpy(&ops_, table.ops, std::min<std::size_t>(table.ops->struct_size, sizeof(ops_)));
  if (ops_.device_open != nullptr && ops_.device_close == nullptr)
    return broken("null_table", "it has device_open but not device_close");
  self_ = table.self;
  version_ = text_or_empty(table.version);
  build_ = text_or_empty(table.build);
  return true;
}

bool Plugin::read_options(const hal_plugin_v1_t &table, Candidate &candidate) {
  for (std::uint32_t i = 0; i < table.option_count; ++i)
    variables_.push_back(
        option_variable(table.options[i], table.option_choices != nullptr ? table.option_choices[i] : nullptr));
  declare_variables(name_, variables_);
  for (std::uint32_t i = 0; i < table.option_count; ++i) {
    const hal_option_v1_t &option = table.options[i];
    Value value;
    if (const std::string wrong = read_variable(variables_[i], value); !wrong.empty()) {
      candidate.break_with("load_failed", wrong, fmt::format("correct or unset {}", variables_[i].name),
                           HAL_ERR_INVALID_ARGUMENT);
      return false;
    }
    options_.emplace(text_or_empty(option.name), std::move(value));
  }
  warn_of_misspelt(variables_);
  return true;
}

bool Plugin::probe(Candidate &candidate) {
  const ProbedTrust probed(candidate.trust);
  candidate.status = CandidateStatus::kUsable;
  if (ops_.probe == nullptr) return true;
  hal_probe_v1_t answer = {};
  answer.struct_size = sizeof(answer);
  hal_status_t status = HAL_OK;
  try {
    status = ops_.probe(self_, &answer);
  } catch (const std::exception &error) {
    candidate.break_with("load_failed", fmt::format("its probe threw an exception: {}", error.what()),
                         std::string(kAuthorHint));
    return false;
  } catch (...) {
    candidate.break_with("load_failed", "its probe threw an exception", std::string(kAuthorHint));
    return false;
  }
  if (status == HAL_OK) return true;
  if (status != HAL_ERR_UNAVAILABLE) {
    break_failed(candidate, status);
    return false;
  }
  candidate.status = CandidateStatus::kAbsent;
  candidate.error = HAL_ERR_UNAVAILABLE;
  take_probe_answer(candidate, answer);
  if (candidate.detail.empty()) candidate.detail = fmt::format("its probe answered {}", status_name(status));
  return false;
}

hal_status_t Plugin::fail_missing(const char *operation) const {
  return fail(HAL_ERR_UNSUPPORTED, fmt::format("backend {} does not have the operation {}", name_, operation),
              "use another backend for this");
}

hal_status_t Plugin::fail_operation(const char *operation, hal_status_t status) const {
  const hal_status_t answer = is_status(status) ? status : HAL_ERR_INTERNAL;
  const std::string message = has_staged_error() ? std::string()
                                                 : fmt::format("{} of backend {} failed with {} ({})", operation, name_,
                                                               status_name(status), status);
  return fail_staged(name_, answer, message, "");
}

hal_status_t Plugin::fail_thrown(const char *operation) const noexcept {
  drop_staged_error();  // it may describe something else
  try {
    return fail_staged(name_, HAL_ERR_INTERNAL,
                       fmt::format("{} of backend {} threw an exception, which no operation may do (P5): {}", operation,
                                   name_, describe_thrown()),
                       kThrownHint);
  } catch (...) {
    return fail_staged(name_, HAL_ERR_INTERNAL, "an operation threw an exception (P5)", kThrownHint);
  }
}

void Plugin::close(hal_pdev_t device) const noexcept {
  try {
    ops_.device_close(device);
  } catch (...) {
    const QuietErrors quiet;
    try {
      log(HAL_LOG_ERROR, "device_close of backend {} threw an exception, which no operation may do (P5): {}; {}", name_,
          describe_thrown(), kThrownHint);
    } catch (...) {
      log_message(HAL_LOG_ERROR, name_, "device_close threw an exception (P5)");
    }
  }
}

std::int32_t Plugin::service_log_enabled(void * /*ctx*/, hal_log_level_t level) noexcept {
  return log_enabled(level) ? 1 : 0;
}

void Plugin::service_log(void *ctx, hal_log_level_t level, const char *message, std::uint64_t size_bytes) noexcept {
  if (message != nullptr) log_message(level, static_cast<Plugin *>(ctx)->name_, {message, size_bytes});
}

void Plugin::service_set_error(void * /*ctx*/, hal_status_t /*status*/, std::int64_t native_code,
                               const char *native_domain, const char *message, const char *hint) noexcept {
  stage_error(native_code, view_or_empty(native_domain), view_or_empty(message), view_or_empty(hint));
}

void Plugin::service_set_kernel_fault(void * /*ctx*/, const hal_kernel_fault_v1_t *fault) noexcept {
  if (fault != nullptr) stage_kernel_fault(*fault);
}

void Plugin::service_call_site(void * /*ctx*/, hal_call_site_v1_t *site) noexcept {
  if (site != nullptr) CallSite::here().write(*site);
}

void Plugin::service_describe_call_site(void * /*ctx*/, const hal_call_site_v1_t *site, char *text,
                                        std::uint64_t size_bytes) noexcept {
  if (text == nullptr || size_bytes == 0) return;
  try {
    copy_utf8(text, size_bytes, (site != nullptr ? CallSite::read(*site) : CallSite()).describe());
  } catch (...) {
    copy_utf8(text, size_bytes, "an unknown place (out of memory)");
  }
}

hal_status_t Plugin::service_check_trust(void * /*ctx*/, const char *path, char *text,
                                         std::uint64_t size_bytes) noexcept {
  try {
    std::string why;
    const hal_status_t status = check_trust(std::string(view_or_empty(path)), why);
    if (text != nullptr) copy_utf8(text, size_bytes, status == HAL_OK ? "" : why);
    return status;
  } catch (...) {
    if (text != nullptr) copy_utf8(text, size_bytes, "out of memory");
    return HAL_ERR_OUT_OF_MEMORY;
  }
}

const Value *Plugin::find_option(const char *name) const noexcept {
  const auto option = options_.find(view_or_empty(name));
  return option != options_.end() ? &option->second : nullptr;
}

hal_status_t Plugin::service_get_text(void *ctx, const char *name, const char **value) noexcept {
  const Value *option = static_cast<Plugin *>(ctx)->find_option(name);
  if (option == nullptr) return HAL_ERR_NOT_FOUND;
  *value = option->text.c_str();
  return HAL_OK;
}

hal_status_t Plugin::service_get_number(void *ctx, const char *name, std::uint64_t *value) noexcept {
  const Value *option = static_cast<Plugin *>(ctx)->find_option(name);
  if (option == nullptr) return HAL_ERR_NOT_FOUND;
  *value = option->number;
  return HAL_OK;
}

hal_status_t Plugin::service_fault_point(void * /*ctx*/, const char *site) noexcept {
  try {
    return reach_fault_point(view_or_empty(site));
  } catch (...) {
    return HAL_OK;  // out of memory: inject nothing
  }
}

std::uint64_t Plugin::service_kill_order(void * /*ctx*/, const char *site) noexcept {
  try {
    return kill_order(view_or_empty(site));
  } catch (...) {
    return 0;  // out of memory: inject nothing
  }
}

hal_status_t Plugin::service_get_environment(void * /*ctx*/, const char *name, const char **value) noexcept {
  try {
    if (value == nullptr || !is_foreign_variable(view_or_empty(name))) return HAL_ERR_INVALID_ARGUMENT;
    const char *text = foreign_variable(name);
    if (text == nullptr) return HAL_ERR_NOT_FOUND;
    *value = text;
    return HAL_OK;
  } catch (...) {
    return HAL_ERR_OUT_OF_MEMORY;
  }
}

}  // namespace hal::core
