// SPDX-License-Identifier: Apache-2.0
//
// Finding plugin files. Everything found is kept as data, with the reason if it cannot be used.
#ifndef HAL_SRC_DISCOVERY_HPP_
#define HAL_SRC_DISCOVERY_HPP_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "hal/hal.h"
#include "settings.hpp"

namespace hal::core {

enum class CandidateStatus { kFound, kUsable, kAbsent, kBroken, kShadowed };

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
  std::string build_id;
  std::string real_path;
  dev_t device = 0;  // of the file that was checked
  ino_t inode = 0;

  bool is_hardware() const noexcept { return kind == "onboard"; }
  void break_with(std::string why, std::string what, std::string next_step, hal_status_t answer = HAL_ERR_UNAVAILABLE);
};

struct SearchDirectory {
  std::string path;
  std::string origin;
};

// The directories in order of preference; none if HAL_PLUGIN_FILES is set.
std::vector<SearchDirectory> search_directories(const Settings &settings);

// Every plugin file, in order of preference. Reads notes, loads nothing. Logs an ERROR, once, for each broken file.
std::vector<Candidate> discover(const Settings &settings);

// Logs an ERROR about a broken candidate, once per file and reason.
void log_broken(const Candidate &candidate);

// "/a, /b and /c": where plugins are looked for.
std::string describe_search(const Settings &settings);

}  // namespace hal::core

#endif  // HAL_SRC_DISCOVERY_HPP_
