// SPDX-License-Identifier: Apache-2.0
//
// What a simulator needs of the machine, and what its codes mean.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_

#include <cstdint>
#include <string>

#include "hal/hal_plugin.h"
#include "sim/host/options.hpp"
#include "support/findings.hpp"

namespace hal::sim {

// The limits that this process has, so that tests can give others.
struct Limits {
  std::uint64_t address_space_bytes = UINT64_MAX;  // UINT64_MAX = none
  std::uint64_t file_bytes = UINT64_MAX;
};
Limits read_limits();

// helper is the device process's program; root as in support/machine.hpp.
void diagnose(const Options &options, const std::string &helper, const Limits &limits, const std::string &root,
              plugins::Findings &findings);

// Domain "sim": the signal that ended a kernel. false: not known.
bool explain_signal(std::int64_t code, hal_native_error_v1_t &out);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_DIAGNOSE_HPP_
