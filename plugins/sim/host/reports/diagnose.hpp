// SPDX-License-Identifier: Apache-2.0
//
// Checks that the machine can run simulators, and explains their native error codes.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_

#include <cstdint>
#include <string>

#include "hal/hal_plugin.h"
#include "sim/host/options.hpp"
#include "support/findings.hpp"

namespace hal::sim {

// The limits of this process. Tests pass others.
struct Limits {
  std::uint64_t address_space_bytes = UINT64_MAX;  // UINT64_MAX = none
  std::uint64_t file_bytes = UINT64_MAX;
};
Limits read_limits();

// helper_path: the program of the device process. root: as in support/machine.hpp.
void diagnose(const Options &options, const std::string &helper_path, const Limits &limits, const std::string &root,
              plugins::Findings &findings);

// Explains a code of the domain "sim": the signal of a kernel fault. False: unknown code.
bool explain_signal(std::int64_t code, hal_native_error_v1_t &out);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_
