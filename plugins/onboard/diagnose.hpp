// SPDX-License-Identifier: Apache-2.0
//
// Checks that this machine has what the vendor's devices need. It reads only files under a root and its parameters.
#ifndef HAL_PLUGINS_ONBOARD_DIAGNOSE_HPP_
#define HAL_PLUGINS_ONBOARD_DIAGNOSE_HPP_

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/findings.hpp"

namespace hal::onboard {

// The result of opening the vendor's runtime.
struct RuntimeReport {
  bool open = false;
  std::string detail;  // the family, library and version, or why no library could be opened
  std::string hint;    // only if open is false
  std::vector<std::pair<std::string, std::string>> facts;  // "registration" "v2", "launch" "host args", …
  std::vector<std::string> missing;                        // optional functions that this release does not have
};

struct MachineView {
  std::string root;                            // as in support/machine.hpp
  std::optional<std::string> visible_devices;  // kVisibleDevices of the environment
  std::uint64_t page_bytes = 4096;
  rlim_t locked_bytes = RLIM_INFINITY;
};

// This machine. Reads the environment variable through the core.
MachineView this_machine();

// Sections "device nodes", "driver", "visible devices", "kernel and memory".
void diagnose_machine(const MachineView &machine, plugins::Findings &findings);

// Section "runtime".
void diagnose_runtime(const RuntimeReport &runtime, plugins::Findings &findings);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_DIAGNOSE_HPP_
