// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>

#include "error.hpp"
#include "status.hpp"

namespace hal::core {
namespace {

constexpr std::string_view kTellTheAuthor = "report this to the plugin's author (P5)";

void take_probe_story(Candidate &candidate, const hal_probe_v1_t &probe) {
  const ErrorRecord staged = take_staged_error();
  const auto pick = [](const char *first, const char *second) -> std::string {
    return first != nullptr && *first != '\0' ? first : second;
  };
  candidate.reason = pick(probe.reason, "no_device");
  candidate.detail = pick(probe.detail, staged.message);
  candidate.hint = pick(probe.hint, staged.hint);
}

// Neither usable nor absent: the probe itself failed.
void break_failed(Candidate &candidate, hal_status_t status) {
  const ErrorRecord staged = take_staged_error();
  const std::string_view message = staged.message;
  const std::string_view hint = staged.hint;
  candidate.break_with(
      "load_failed",
      fmt::format("its probe failed with {}{}{}", status_name(status), message.empty() ? "" : ": ", message),
      std::string(hint.empty() ? kTellTheAuthor : hint),
      status == HAL_ERR_INVALID_ARGUMENT ? status : HAL_ERR_UNAVAILABLE);
}

}  // namespace

bool probe_plugin(Plugin &plugin, Candidate &candidate) {
  candidate.status = CandidateStatus::kUsable;
  if (plugin.ops().probe == nullptr) return true;
  hal_probe_v1_t probe = {};
  probe.struct_size = sizeof(probe);
  hal_status_t status = HAL_OK;
  try {
    status = plugin.ops().probe(plugin.self(), &probe);
  } catch (const std::exception &error) {
    candidate.break_with("load_failed", fmt::format("its probe threw an exception: {}", error.what()),
                         std::string(kTellTheAuthor));
    return false;
  } catch (...) {
    candidate.break_with("load_failed", "its probe threw an exception", std::string(kTellTheAuthor));
    return false;
  }
  if (status == HAL_OK) return true;
  if (status != HAL_ERR_UNAVAILABLE) {
    break_failed(candidate, status);
    return false;
  }
  candidate.status = CandidateStatus::kAbsent;
  candidate.error = HAL_ERR_UNAVAILABLE;
  take_probe_story(candidate, probe);
  if (candidate.detail.empty()) candidate.detail = fmt::format("its probe answered {}", status_name(status));
  return false;
}

}  // namespace hal::core
