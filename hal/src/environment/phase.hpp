// SPDX-License-Identifier: Apache-2.0
//
// Whether libhal is initialised: one word that every call reads.
#ifndef HAL_SRC_ENVIRONMENT_PHASE_HPP_
#define HAL_SRC_ENVIRONMENT_PHASE_HPP_

#include <atomic>
#include <cstdint>

#include "hal/hal.h"

namespace hal::core {

enum class Phase : std::uint32_t {
  kDown,
  kStarting,
  kReady,
  kForked,  // a forked child of a process that had initialised libhal; it never leaves this phase
};

extern std::atomic<Phase> lifecycle_phase;

// FAILED_PRECONDITION, with the cause: before hal_init, or in a forked child.
hal_status_t fail_not_ready();

inline hal_status_t check_ready() {
  if (lifecycle_phase.load(std::memory_order_acquire) == Phase::kReady) [[likely]]
    return HAL_OK;
  return fail_not_ready();
}

// For calls that are allowed before hal_init: FAILED_PRECONDITION in a forked child.
hal_status_t check_not_forked();

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_PHASE_HPP_
