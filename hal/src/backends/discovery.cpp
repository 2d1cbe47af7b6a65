// SPDX-License-Identifier: Apache-2.0
#include "backends/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "backends/dependencies.hpp"
#include "backends/elf_image.hpp"
#include "backends/file.hpp"
#include "backends/note.hpp"
#include "backends/search_path.hpp"
#include "diagnostics/error.hpp"
#include "diagnostics/log.hpp"
#include "environment/environment.hpp"
#include "hal/hal_plugin.h"
#include "support/text.hpp"

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

std::vector<fs::path> plugin_files(const SearchPlace &directory) {
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
  const std::string text = std::system_category().message(error);
  std::error_code ignored;
  if (error == ENOENT && fs::is_symlink(candidate.path, ignored))
    return candidate.break_with(
        "dangling_symlink",
        fmt::format("it links to {}, which does not exist", fs::read_symlink(candidate.path, ignored).string()),
        "install what it links to, or remove the link");
  if (error == ELOOP)
    return candidate.break_with("dangling_symlink", "its symbolic links form a loop", "remove the link");
  if (error == EACCES)
    return candidate.break_with("permission_denied", fmt::format("it cannot be opened: {}", text),
                                "make the file and its directories readable for this user");
  const std::string why = error == EISDIR   ? "it is a directory"
                          : error == EINVAL ? "it is a FIFO, socket or device, not a regular file"
                          : error == EFBIG  ? fmt::format("it is longer than {} bytes", kMaxPluginBytes)
                          : error == ESTALE ? "it became shorter while it was read"
                                            : fmt::format("it cannot be read: {}", text);
  candidate.break_with("unreadable", why, "put the plugin's file there, or remove the name");
}

std::uint64_t draft(const NoteFields &note, const char *key) {
  const auto field = note.find(key);
  return field != note.end() ? parse_decimal(field->second).value_or(0) : 0;
}

std::string describe_drafts(std::uint64_t low, std::uint64_t high) {
  return low == high ? fmt::format("draft {}", low) : fmt::format("drafts {} to {}", low, high);
}

bool check_draft(Candidate &candidate, const NoteFields &note) {
  const std::uint64_t low = draft(note, "abi_min");
  const std::uint64_t high = draft(note, "abi_max");
  candidate.abi = describe_drafts(low, high);
  if (low <= HAL_ABI_DRAFT && HAL_ABI_DRAFT <= high) return true;
  candidate.break_with("abi_mismatch",
                       fmt::format("the plugin has ABI {}, this libhal has draft {}", candidate.abi, HAL_ABI_DRAFT),
                       "install plugins and libhal of one version", HAL_ERR_INCOMPATIBLE);
  return false;
}

std::string field(const NoteFields &note, const char *key) {
  const auto entry = note.find(key);
  return entry != note.end() ? entry->second : std::string();
}

bool check_trust(Candidate &candidate, const struct stat &file) {
  const bool elevated = has_elevated_privileges();
  candidate.trust = judge_file(file, candidate.path, elevated);
  if (!candidate.trust.refused) return true;
  candidate.break_with("untrusted_path", std::exchange(candidate.trust.doubt, {}),
                       elevated
                           ? "make root the owner of the file and its directories, and the only user who may write them"
                           : "remove the write permission: chmod o-w");
  return false;
}

// Checks a file with a valid note for what makes dlopen fail.
void check_loadable(Candidate &candidate, const ElfImage &image) {
  if (!image.exports(HAL_PLUGIN_ENTRY_NAME).value_or(true))
    return candidate.break_with("no_entry_point", "it does not export " HAL_PLUGIN_ENTRY_NAME, "rebuild the plugin");
  const std::vector<std::string> missing = missing_dependencies(image, candidate.real_path);
  if (missing.empty()) return;
  candidate.break_with("missing_dependency", fmt::format("it needs {}, not found on this system", join_names(missing)),
                       "install the library, or add its directory to LD_LIBRARY_PATH");
}

bool take_note(Candidate &candidate, const ElfFacts &facts) {
  if (!facts.reason.empty()) {
    candidate.break_with(facts.reason, facts.detail, "rebuild or reinstall the plugin, or remove the file");
    return false;
  }
  candidate.name = field(facts.note, "backend");
  candidate.arch = field(facts.note, "arch");
  candidate.kind = field(facts.note, "kind");
  candidate.version = field(facts.note, "version");
  candidate.chips = split(field(facts.note, "chips"), ',');
  candidate.build_id = facts.build_id;
  return true;
}

void read_candidate(Candidate &candidate) {
  PartialFile file;
  if (const int error = file.open(candidate.path, kMaxPluginBytes); error != 0)
    return break_unreadable(candidate, error);
  candidate.stamp = stamp_of(file.info());
  candidate.real_path = fs::canonical(candidate.path).string();
  if (!check_trust(candidate, file.info())) return;
  const ElfImage image(file);
  const ElfFacts facts = inspect_plugin(image);
  if (take_note(candidate, facts) && check_draft(candidate, facts.note)) {
    check_loadable(candidate, image);
    candidate.identity = file_identity(image);
  }
  if (file.error() != 0) break_unreadable(candidate, file.error());
}

Candidate inspect(const fs::path &path, const std::string &origin) {
  Candidate candidate;
  candidate.name = stem_name(path);
  candidate.path = path.string();
  candidate.origin = origin;
  try {
    read_candidate(candidate);
  } catch (const fs::filesystem_error &error) {
    candidate.break_with("unreadable", error.what(), "put the plugin's file there, or remove the name");
  }
  return candidate;
}

// Whether this is the first message of its kind about this file.
bool first_time(const Candidate &candidate, const std::string &kind) {
  static std::mutex &mutex = *new std::mutex;
  static std::set<std::pair<std::string, std::string>> &logged = *new std::set<std::pair<std::string, std::string>>;
  const std::lock_guard lock(mutex);
  return logged.emplace(candidate.path, kind).second;
}

// The first file of a backend shadows the others. A file without a readable note shadows nothing, since its name is a
// guess.
void mark_shadowed(std::vector<Candidate> &candidates) {
  std::map<std::string_view, std::string_view> first_path;
  for (Candidate &candidate : candidates) {
    if (candidate.kind.empty() && candidate.status == CandidateStatus::kBroken) continue;
    const auto [first, is_first] = first_path.emplace(candidate.name, candidate.path);
    if (is_first) continue;
    candidate.status = CandidateStatus::kShadowed;
    candidate.reason = "shadowed";
    candidate.detail = fmt::format("{} has the same backend and comes first in the search order", first->second);
    candidate.hint = "remove one of the two, or name this file in HAL_PLUGIN_FILES";
  }
}

// A detail may hold what an untrusted file says.
std::string presentable(std::string_view text) {
  std::string shown(kErrorTextBytes, '\0');
  shown.resize(copy_message(shown.data(), shown.size(), text));
  return shown;
}

}  // namespace

void Candidate::break_with(std::string why, const std::string &what, std::string next_step, hal_status_t answer) {
  status = CandidateStatus::kBroken;
  reason = std::move(why);
  detail = presentable(what);
  hint = std::move(next_step);
  error = answer;
}

std::vector<Candidate> discover(const Settings &settings) {
  std::vector<Candidate> candidates;
  for (const std::string &file : settings.plugin_files) candidates.push_back(inspect(file, "HAL_PLUGIN_FILES"));
  for (const SearchPlace &directory : search_directories(settings))
    for (const fs::path &file : plugin_files(directory)) candidates.push_back(inspect(file, directory.origin));
  mark_shadowed(candidates);
  for (const Candidate &candidate : candidates) {
    if (candidate.status == CandidateStatus::kBroken) log_broken(candidate);
    if (candidate.status == CandidateStatus::kFound) warn_of_doubt(candidate.path, candidate.trust);
  }
  return candidates;
}

std::vector<Candidate> discover_filtered(const Settings &settings) {
  std::vector<Candidate> candidates;
  if (settings.plugin_files.empty()) return candidates;
  Settings without_files = settings;
  without_files.plugin_files.clear();
  for (const SearchPlace &directory : search_directories(without_files))
    for (const fs::path &file : plugin_files(directory)) {
      const std::vector<std::string> &considered = settings.plugin_files;
      if (std::find(considered.begin(), considered.end(), file.string()) != considered.end()) continue;
      Candidate candidate;
      candidate.name = stem_name(file);
      candidate.path = file.string();
      candidate.origin = directory.origin;
      candidate.status = CandidateStatus::kDisabled;
      candidate.reason = "filtered";
      candidate.detail = "HAL_PLUGIN_FILES is set and does not name it";
      candidate.hint = "unset HAL_PLUGIN_FILES, or add the file to it";
      candidates.push_back(std::move(candidate));
    }
  return candidates;
}

void log_broken(const Candidate &candidate) {
  if (first_time(candidate, candidate.reason))
    log(HAL_LOG_ERROR, "{} cannot be used ({}): {}", candidate.path, candidate.reason, candidate.detail);
}

}  // namespace hal::core
