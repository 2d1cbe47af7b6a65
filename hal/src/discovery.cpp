// SPDX-License-Identifier: Apache-2.0
#include "discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "file.hpp"
#include "hal/hal_plugin.h"
#include "library_path.hpp"
#include "log.hpp"
#include "note.hpp"
#include "text.hpp"

namespace hal::core {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "libhal-";
constexpr std::string_view kSuffix = ".so";
constexpr std::uint64_t kMaxPluginBytes = std::uint64_t{256} << 20;

std::string stem_name(const fs::path &path) {
  std::string name = path.filename().string();
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

std::vector<fs::path> plugin_files(const SearchDirectory &directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory.path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) files.push_back(entry->path());
  }
  if (error && directory.origin == "HAL_PLUGIN_PATH")
    log(HAL_LOG_WARN, "HAL_PLUGIN_PATH: {} cannot be searched: {}", directory.path, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

void break_unreadable(Candidate &candidate, int error) {
  std::error_code ignored;
  const bool dangling = error == ENOENT && fs::is_symlink(candidate.path, ignored);
  const char *reason = dangling ? "dangling_symlink" : error == EACCES ? "permission_denied" : "unreadable";
  candidate.break_with(reason, std::system_category().message(error), "make the file readable, or remove its name");
}

unsigned long draft(const NoteFields &note, const char *key) {
  const auto field = note.find(key);
  unsigned long number = 0;
  if (field != note.end()) std::from_chars(field->second.data(), field->second.data() + field->second.size(), number);
  return number;
}

void check_draft(Candidate &candidate, const NoteFields &note) {
  const unsigned long low = draft(note, "abi_min");
  const unsigned long high = draft(note, "abi_max");
  if (low <= HAL_ABI_DRAFT && HAL_ABI_DRAFT <= high) return;
  candidate.break_with(
      "abi_mismatch",
      fmt::format("the plugin speaks ABI drafts {} to {}, this libhal speaks draft {}", low, high, HAL_ABI_DRAFT),
      "install plugins and libhal of one version", HAL_ERR_INCOMPATIBLE);
}

std::string field(const NoteFields &note, const char *key) {
  const auto entry = note.find(key);
  return entry != note.end() ? entry->second : std::string();
}

void read_candidate(Candidate &candidate) {
  FileBytes file;
  if (const int error = read_file(candidate.path, kMaxPluginBytes, file); error != 0)
    return break_unreadable(candidate, error);
  candidate.device = file.device;
  candidate.inode = file.inode;
  candidate.real_path = fs::canonical(candidate.path).string();
  ElfFacts facts = inspect_plugin(std::span<const char>(file.bytes));
  const std::string name = field(facts.note, "backend");
  if (facts.reason.empty() && name.empty()) {
    facts.reason = "no_note";
    facts.detail = "its libhal note names no backend";
  }
  if (!facts.reason.empty())
    return candidate.break_with(facts.reason, facts.detail, "rebuild or reinstall the plugin, or remove the file");
  candidate.name = name;
  candidate.arch = field(facts.note, "arch");
  candidate.kind = field(facts.note, "kind");
  candidate.build_id = facts.build_id;
  check_draft(candidate, facts.note);
}

Candidate inspect(const fs::path &path, const std::string &origin) {
  Candidate candidate;
  candidate.name = stem_name(path);
  candidate.path = path.string();
  candidate.origin = origin;
  try {
    read_candidate(candidate);
  } catch (const fs::filesystem_error &error) {
    candidate.break_with("unreadable", error.what(), "make the file readable, or remove its name");
  }
  return candidate;
}

// The first of a name wins. A file whose note cannot be read has no say: its name is a guess.
void mark_shadowed(std::vector<Candidate> &candidates) {
  std::set<std::string> taken;
  for (Candidate &candidate : candidates) {
    if (candidate.kind.empty() && candidate.status == CandidateStatus::kBroken) continue;
    if (taken.insert(candidate.name).second) continue;
    candidate.status = CandidateStatus::kShadowed;
    candidate.reason = "shadowed";
    candidate.detail = "another file of this backend comes first in the search order";
  }
}

}  // namespace

void Candidate::break_with(std::string why, std::string what, std::string next_step, hal_status_t answer) {
  status = CandidateStatus::kBroken;
  reason = std::move(why);
  detail = std::move(what);
  hint = std::move(next_step);
  error = answer;
}

std::vector<SearchDirectory> search_directories(const Settings &settings) {
  std::vector<SearchDirectory> directories;
  if (!settings.plugin_files.empty()) return directories;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path &path, const char *origin) {
    std::error_code ignored;
    if (path.is_absolute() && seen.insert(fs::weakly_canonical(path, ignored)).second)
      directories.push_back({path.string(), origin});
  };
  for (const std::string &path : settings.plugin_path) add(path, "HAL_PLUGIN_PATH");
  if (const std::string library = library_directory(); !library.empty())
    add(fs::path(library) / "hal" / "plugins-0", "library");
  add(HAL_CORE_PLUGIN_DIR, "installation");
  return directories;
}

std::vector<Candidate> discover(const Settings &settings) {
  std::vector<Candidate> candidates;
  for (const std::string &file : settings.plugin_files) candidates.push_back(inspect(file, "HAL_PLUGIN_FILES"));
  for (const SearchDirectory &directory : search_directories(settings))
    for (const fs::path &file : plugin_files(directory)) candidates.push_back(inspect(file, directory.origin));
  mark_shadowed(candidates);
  for (const Candidate &candidate : candidates)
    if (candidate.status == CandidateStatus::kBroken) log_broken(candidate);
  return candidates;
}

void log_broken(const Candidate &candidate) {
  static std::mutex &mutex = *new std::mutex;
  static std::set<std::pair<std::string, std::string>> &logged = *new std::set<std::pair<std::string, std::string>>;
  {
    const std::lock_guard lock(mutex);
    if (!logged.emplace(candidate.path, candidate.reason).second) return;
  }
  log(HAL_LOG_ERROR, "{} cannot be used ({}): {}", candidate.path, candidate.reason, candidate.detail);
}

std::string describe_search(const Settings &settings) {
  std::vector<std::string> places = settings.plugin_files;
  for (const SearchDirectory &directory : search_directories(settings)) places.push_back(directory.path);
  return join_names(places);
}

}  // namespace hal::core
