// SPDX-License-Identifier: Apache-2.0
//
// Finds plugin files. Each is kept as data, with the reason if it cannot be used.
#ifndef HAL_SRC_BACKENDS_DISCOVERY_HPP_
#define HAL_SRC_BACKENDS_DISCOVERY_HPP_

#include <string>
#include <string_view>
#include <vector>

#include "backends/file.hpp"
#include "backends/trust.hpp"
#include "environment/settings.hpp"
#include "hal/hal.h"

namespace hal::core {

// The values are those of HAL_CANDIDATE_*.
enum class CandidateStatus : hal_candidate_status_t { kFound, kUsable, kAbsent, kBroken, kDisabled, kShadowed };

// One file that was tried.
struct Candidate {
  std::string name;    // from the note, or else from the file's name without "libhal-"
  std::string path;    // as tried
  std::string origin;  // "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "library", "installation"
  CandidateStatus status = CandidateStatus::kFound;
  std::string reason;  // a reason code: "no_note", "missing_dependency", "no_device", …
  std::string detail;
  std::string hint;
  hal_status_t error = HAL_OK;  // the status of selecting it

  std::string arch;
  std::string kind;
  std::string version;
  std::vector<std::string> chips;  // the names of the chips that the backend runs, as its note lists them
  std::string abi;                 // "draft 1", "drafts 1 to 3"
  Trust trust;                     // whether others can change the file
  std::string build_id;
  std::string real_path;
  FileStamp stamp;       // of the checked file
  std::string identity;  // of the checked file (elf_image.hpp)

  bool is_hardware() const noexcept { return kind == "onboard"; }
  void break_with(std::string why, const std::string &what, std::string next_step,
                  hal_status_t answer = HAL_ERR_UNAVAILABLE);
};

// All plugin files, in order of preference. Reads files but runs no code of them. Logs one ERROR for each broken file.
std::vector<Candidate> discover(const Settings &settings);

// The plugin files that HAL_PLUGIN_FILES excludes. They are not read; their names come from their file names.
std::vector<Candidate> discover_filtered(const Settings &settings);

// Logs an ERROR about a broken candidate, once per file and reason.
void log_broken(const Candidate &candidate);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_DISCOVERY_HPP_
