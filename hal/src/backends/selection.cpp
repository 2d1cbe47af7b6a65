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

// A refusal before it becomes this thread's failure: a later name of the list may do.
struct Refusal {
  hal_status_t status = HAL_ERR_NOT_FOUND;
  std::string message;
  std::string hint;
};

Refusal refuse_unknown(const std::string &name, Candidates &candidates) {
  const std::vector<std::string> names = candidates.names();
  const std::string meant = nearest_spelling(name, names, slips_in(name));
  Refusal refusal;
  refusal.message = fmt::format("no backend \"{}\"; there are: {}", name, join_names(names));
  if (!meant.empty())
    refusal.hint = fmt::format("did you mean \"{}\"?", meant);
  else
    refusal.hint = fmt::format("plugins are looked for in {}; set HAL_PLUGIN_PATH to another directory",
                               describe_search(*settings()));
  return refusal;
}

Refusal refuse_unusable(const Candidate &candidate) {
  return {candidate.error,
          fmt::format("backend {} is not usable here ({}): {} [{}]", candidate.name, candidate.reason, candidate.detail,
                      candidate.path),
          candidate.hint};
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

hal_status_t fail_refused(const std::vector<Refusal> &refusals) {
  if (refusals.size() == 1) return fail(refusals[0].status, refusals[0].message, refusals[0].hint);
  std::string message = "no backend of the list is usable";
  hal_status_t status = HAL_ERR_NOT_FOUND;
  for (const Refusal &refusal : refusals) {
    message += "; " + refusal.message;
    if (status == HAL_ERR_NOT_FOUND) status = refusal.status;
  }
  return fail(status, message, refusals.back().hint);
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
  return fail_refused(refusals);
}

std::string simulator_hint(const std::vector<std::string> &simulators) {
  if (simulators.empty()) return "name a backend: HAL_BACKEND=name[:ordinal]";
  return fmt::format("a simulator is used only if named: HAL_BACKEND={} (there are: {})", simulators.front(),
                     join_names(simulators));
}

hal_status_t fail_no_hardware(Candidates &candidates) {
  std::string message = "no hardware backend is usable here";
  for (const Candidate &candidate : candidates.all())
    if (candidate.is_hardware() && candidate.status != CandidateStatus::kShadowed)
      message += fmt::format("; {} ({}): {}", candidate.name, candidate.reason, candidate.detail);
  if (candidates.all().empty()) {
    message += fmt::format(": no plugin in {}", describe_search(*settings()));
    return fail(HAL_ERR_UNAVAILABLE, message, "install a plugin, or set HAL_PLUGIN_PATH to where they are");
  }
  return fail(HAL_ERR_UNAVAILABLE, message, simulator_hint(candidates.simulators()));
}

hal_status_t select_hardware(Selection &selection) {
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
  if (usable.empty()) return fail_no_hardware(candidates);
  if (usable.size() > 1)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("several hardware backends are usable: {}", join_names(names)),
                fmt::format("name one: HAL_BACKEND={}", names.front()));
  selection.plugin = usable.front();
  selection.default_ordinal = 0;
  return HAL_OK;
}

}  // namespace

hal_status_t select_backend(const char *text, Selection &selection) {
  BackendSpec spec = settings()->backend;
  if (text != nullptr && *text != '\0')
    if (const std::string wrong = parse_backend_spec(text, spec); !wrong.empty())
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("spec is \"{}\"; {}", text, wrong),
                  fmt::format("allowed is {}", kBackendGrammar));
  return spec.is_auto() ? select_hardware(selection) : select_named(spec, selection);
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
