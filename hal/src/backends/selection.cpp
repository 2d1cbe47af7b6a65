// SPDX-License-Identifier: Apache-2.0
#include "backends/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "backends/discovery.hpp"
#include "backends/loader.hpp"
#include "backends/search_path.hpp"
#include "diagnostics/error.hpp"
#include "diagnostics/log.hpp"
#include "environment/backend_spec.hpp"
#include "environment/settings.hpp"
#include "support/spelling.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

// Plugins whose probe succeeded since hal_init, by backend name.
struct UsablePlugins {
  std::mutex mutex;
  std::map<std::string, Plugin *, std::less<>> by_name;
};

UsablePlugins &usable_plugins() {
  static UsablePlugins &usable = *new UsablePlugins;
  return usable;
}

Plugin *find_usable(const std::string &name) {
  UsablePlugins &usable = usable_plugins();
  const std::lock_guard lock(usable.mutex);
  const auto entry = usable.by_name.find(name);
  return entry != usable.by_name.end() ? entry->second : nullptr;
}

void remember_usable(Plugin *plugin) {
  UsablePlugins &usable = usable_plugins();
  const std::lock_guard lock(usable.mutex);
  usable.by_name[plugin->name()] = plugin;
}

// Loads and probes the candidate. NULL: the candidate holds the reason.
Plugin *bring_up(Candidate &candidate) {
  Plugin *plugin = load_plugin(candidate);
  if (plugin == nullptr || !plugin->probe(candidate)) return nullptr;
  remember_usable(plugin);
  return plugin;
}

// The plugin files, searched at most once per selection and only if needed.
class Candidates {
 public:
  std::vector<Candidate> &all() {
    if (!found_) candidates_ = discover(*settings());
    found_ = true;
    return candidates_;
  }

  // A broken file is the answer only if there is no other file of that name.
  Candidate *find(const std::string &name) {
    Candidate *broken = nullptr;
    for (Candidate &candidate : all()) {
      if (candidate.name != name || candidate.status == CandidateStatus::kShadowed) continue;
      if (candidate.status != CandidateStatus::kBroken) return &candidate;
      if (broken == nullptr) broken = &candidate;
    }
    return broken;
  }

  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Candidate &candidate : all())
      if (std::find(names.begin(), names.end(), candidate.name) == names.end()) names.push_back(candidate.name);
    return names;
  }

  std::vector<std::string> simulators() {
    std::vector<std::string> names;
    for (const Candidate &candidate : all())
      if (candidate.status == CandidateStatus::kFound && !candidate.is_hardware()) names.push_back(candidate.name);
    return names;
  }

 private:
  bool found_ = false;
  std::vector<Candidate> candidates_;
};

// Messages stay short; `halprobe explain` and hal_candidate_info have the whole text.
constexpr std::size_t kDetailBytes = 300;
constexpr std::size_t kUnambiguousBytes = 3;  // a chip's name of this length may be the start of a product's name

// Whether the name means this chip: "a3" and "a3-sim" mean "a3", and "910b4-sim" means "910b".
bool is_named_after(std::string_view name, std::string_view chip) {
  if (chip.empty() || !name.starts_with(chip)) return false;
  const bool digit_follows = name.size() > chip.size() && name[chip.size()] >= '0' && name[chip.size()] <= '9';
  return chip.size() >= kUnambiguousBytes || !digit_follows;
}

bool runs_chip(const Candidate &candidate, std::string_view name) {
  return is_named_after(name, candidate.arch) ||
         std::any_of(candidate.chips.begin(), candidate.chips.end(),
                     [&](const std::string &chip) { return is_named_after(name, chip); });
}

// Whether the last word of the name is the candidate's kind, or nearly.
bool has_kind(const Candidate &candidate, std::string_view name) {
  const std::string_view word = name.substr(name.find_last_of("-_.") + 1);
  return !candidate.kind.empty() &&
         (word.starts_with(candidate.kind) || edit_distance(word, candidate.kind) <= slips_in(word));
}

// Suggestions for the name of a backend that does not exist. The right chip comes before the nearest spelling.
std::vector<std::string> guess_backends(const std::string &name, Candidates &candidates) {
  std::vector<std::string> of_chip;
  std::vector<std::string> of_kind;
  for (const Candidate &candidate : candidates.all()) {
    if (candidate.status == CandidateStatus::kShadowed || !runs_chip(candidate, name)) continue;
    of_chip.push_back(candidate.name);
    if (has_kind(candidate, name)) of_kind.push_back(candidate.name);
  }
  if (!of_kind.empty()) return of_kind;
  if (!of_chip.empty()) return of_chip;
  std::string meant = nearest_spelling(name, candidates.names(), slips_in(name));
  return meant.empty() ? std::vector<std::string>() : std::vector<std::string>{std::move(meant)};
}

// Not yet this thread's failure: a later name of the list may be usable.
struct Refusal {
  hal_status_t status = HAL_ERR_NOT_FOUND;
  std::string reason = "not found";
  std::string message;
  std::string hint;
  bool is_cut = false;  // the message has only the start of the detail
};

Refusal refuse_unknown(const std::string &name, Candidates &candidates) {
  std::vector<std::string> meant = guess_backends(name, candidates);
  for (std::string &backend : meant) backend = fmt::format("\"{}\"", backend);
  Refusal refusal;
  refusal.message =
      fmt::format("no backend \"{}\"; found: {}", name, first_words(join_names(candidates.names()), kDetailBytes));
  refusal.hint = meant.empty() ? "set HAL_PLUGIN_PATH to the plugin's directory; 'halprobe explain' lists the "
                                 "directories that are searched"
                               : fmt::format("did you mean {}?", join_names(meant, " or "));
  return refusal;
}

Refusal refuse_unusable(const Candidate &candidate) {
  return {candidate.error, candidate.reason,
          fmt::format("backend {} is not usable here ({}): {} [{}]", candidate.name, candidate.reason,
                      first_words(candidate.detail, kDetailBytes), candidate.path),
          candidate.hint, candidate.detail.size() > kDetailBytes};
}

Plugin *find_named(const std::string &name, Candidates &candidates, Refusal &refusal) {
  if (Plugin *plugin = find_usable(name)) return plugin;
  Candidate *candidate = candidates.find(name);
  if (candidate == nullptr) {
    refusal = refuse_unknown(name, candidates);
    return nullptr;
  }
  Plugin *plugin = bring_up(*candidate);
  if (plugin == nullptr) refusal = refuse_unusable(*candidate);
  return plugin;
}

std::uint32_t environment_ordinal(const std::string &name) {
  for (const BackendName &entry : settings()->backend.names)
    if (entry.name == name && entry.ordinal) return *entry.ordinal;
  return 0;
}

hal_status_t fail_refused(const BackendSpec &spec, const std::vector<Refusal> &refusals) {
  const Refusal &last = refusals.back();
  if (refusals.size() == 1 && last.is_cut)
    return fail(last.status, last.message,
                fmt::format("{}; run 'halprobe explain' to see the whole message", last.hint));
  if (refusals.size() == 1) return fail(last.status, last.message, last.hint);
  std::vector<std::string> reasons;
  hal_status_t status = HAL_ERR_NOT_FOUND;
  for (std::size_t i = 0; i < refusals.size(); ++i) {
    reasons.push_back(fmt::format("{} ({})", spec.names[i].name, refusals[i].reason));
    if (status == HAL_ERR_NOT_FOUND) status = refusals[i].status;
  }
  return fail(status, fmt::format("no backend of the list is usable: {}", join_names(reasons)),
              fmt::format("run 'halprobe explain' to see the details; for {}: {}", spec.names.back().name, last.hint));
}

hal_status_t select_named(const BackendSpec &spec, Selection &selection) {
  Candidates candidates;
  std::vector<Refusal> refusals;
  for (const BackendName &entry : spec.names) {
    Refusal refusal;
    selection.plugin = find_named(entry.name, candidates, refusal);
    if (selection.plugin != nullptr) {
      selection.default_ordinal = entry.ordinal.value_or(environment_ordinal(entry.name));
      return HAL_OK;
    }
    if (spec.names.size() > 1) log(HAL_LOG_INFO, "passed over: {}", refusal.message);
    refusals.push_back(std::move(refusal));
  }
  return fail_refused(spec, refusals);
}

std::string simulator_hint(const std::vector<std::string> &simulators) {
  if (simulators.empty()) return "run 'halprobe explain' to see why";
  const std::vector<std::string> others(simulators.begin() + 1, simulators.end());
  const std::string rest = others.empty() ? "" : fmt::format(" (or {})", join_names(others, " or "));
  return fmt::format("set HAL_BACKEND={}{} to use a simulator, or run 'halprobe explain' to see why",
                     simulators.front(), first_words(rest, kDetailBytes));
}

// named_auto: the caller or HAL_BACKEND named "auto".
hal_status_t fail_no_hardware(Candidates &candidates, bool named_auto) {
  if (candidates.all().empty())
    return fail(HAL_ERR_UNAVAILABLE, "no plugin was found",
                "install a plugin, or set HAL_PLUGIN_PATH to its directory; 'halprobe explain' lists the directories "
                "that are searched");
  std::string reasons;
  for (const Candidate &candidate : candidates.all())
    if (candidate.is_hardware() && candidate.status != CandidateStatus::kShadowed)
      reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : ", ", candidate.name, candidate.reason);
  if (!reasons.empty()) reasons = fmt::format(" ({})", first_words(reasons, kDetailBytes));
  return fail(HAL_ERR_UNAVAILABLE,
              fmt::format("no Ascend device is usable on this machine, and {}{}",
                          named_auto ? "\"auto\" selects no simulator" : "HAL_BACKEND is not set", reasons),
              simulator_hint(candidates.simulators()));
}

hal_status_t select_hardware(Selection &selection, bool named_auto) {
  Candidates candidates;
  std::vector<Plugin *> usable;
  std::vector<std::string> names;
  for (Candidate &candidate : candidates.all()) {
    if (!candidate.is_hardware() || candidate.status != CandidateStatus::kFound) continue;
    if (Plugin *plugin = bring_up(candidate)) {
      usable.push_back(plugin);
      names.push_back(plugin->name());
    }
  }
  if (usable.empty()) return fail_no_hardware(candidates, named_auto);
  if (usable.size() > 1)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("several hardware backends are usable: {}", join_names(names)),
                fmt::format("set HAL_BACKEND={} or another of them", names.front()));
  selection.plugin = usable.front();
  selection.default_ordinal = 0;
  return HAL_OK;
}

}  // namespace

hal_status_t select_backend(const char *text, Selection &selection) {
  BackendSpec spec = settings()->backend;
  if (text != nullptr && *text != '\0')
    if (const std::string wrong = parse_backend_spec(text, spec); !wrong.empty())
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("spec is \"{}\"; {}", excerpt(text), wrong),
                  fmt::format("allowed is {}", kBackendGrammar));
  if (!spec.is_auto()) return select_named(spec, selection);
  return select_hardware(selection, (text != nullptr && *text != '\0') || !settings()->backend_text.empty());
}

SelectionReport explain_selection() {
  const ErrorRecord before = last_error();
  Selection selection;
  SelectionReport report;
  report.status = select_backend(nullptr, selection);
  if (report.status == HAL_OK) {
    report.name = selection.plugin->name();
    report.ordinal = selection.default_ordinal;
    report.why = settings()->backend.is_auto() ? "the only usable hardware backend" : "HAL_BACKEND";
  } else {
    report.message = last_error().message;
    report.hint = last_error().hint;
  }
  restore_error(before);
  return report;
}

void forget_selections() noexcept {
  UsablePlugins &usable = usable_plugins();
  const std::lock_guard lock(usable.mutex);
  usable.by_name.clear();
}

}  // namespace hal::core
