// SPDX-License-Identifier: Apache-2.0
//
// Finding plugin files. Everything found is kept as data, with the reason if it cannot be used.
#ifndef HAL_SRC_DISCOVERY_HPP_
#define HAL_SRC_DISCOVERY_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "file.hpp"
#include "hal/hal.h"
#include "settings.hpp"

namespace hal::core {

// The values are those of HAL_CANDIDATE_*.
enum class CandidateStatus : hal_candidate_status_t { kFound, kUsable, kAbsent, kBroken, kDisabled, kShadowed };

// One file that was tried.
struct Candidate {
  std::string name;    // of the note; without one, the file's stem less "libhal-"
  std::string path;    // as tried
  std::string origin;  // "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "library", "installation"
  CandidateStatus status = CandidateStatus::kFound;
  std::string reason;  // of the closed set: "no_note", "missing_dependency", "no_device", …
  std::string detail;
  std::string hint;
  hal_status_t error = HAL_OK;  // what selecting it answers

  std::string arch;
  std::string kind;
  std::string version;
  std::vector<std::string> chips;  // the names of the chips that the backend runs, as its note lists them
  std::string abi;                 // "draft 1", "drafts 1 to 3"
  std::string doubt;               // why the file is not quite to be trusted; "" = it is
  std::string build_id;
  std::string real_path;
  FileStamp stamp;       // of the file that was checked
  std::string identity;  // of it, too

  bool is_hardware() const noexcept { return kind == "onboard"; }
  void break_with(std::string why, std::string what, std::string next_step, hal_status_t answer = HAL_ERR_UNAVAILABLE);
};

// Every plugin file, in order of preference. Reads notes, loads nothing. Logs an ERROR, once, for each broken file.
std::vector<Candidate> discover(const Settings &settings);

// Files that HAL_PLUGIN_FILES keeps from being considered: named after their stems, not read.
std::vector<Candidate> discover_filtered(const Settings &settings);

// Logs an ERROR about a broken candidate, once per file and reason.
void log_broken(const Candidate &candidate);

}  // namespace hal::core

#endif  // HAL_SRC_DISCOVERY_HPP_
