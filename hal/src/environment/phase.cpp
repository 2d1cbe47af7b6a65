// SPDX-License-Identifier: Apache-2.0
#include "environment/phase.hpp"

#include "diagnostics/error.hpp"

namespace hal::core {

constinit std::atomic<Phase> lifecycle_phase{Phase::kDown};

hal_status_t check_not_forked() {
  if (lifecycle_phase.load(std::memory_order_acquire) != Phase::kForked) [[likely]]
    return HAL_OK;
  return fail(HAL_ERR_FAILED_PRECONDITION,
              "this process was forked from one that used libhal: devices and their threads do not cross a fork",
              "use the spawn start method of Python's multiprocessing, or exec, and start libhal in the child");
}

hal_status_t fail_not_ready() {
  if (const hal_status_t status = check_not_forked(); status != HAL_OK) return status;
  return fail(HAL_ERR_FAILED_PRECONDITION, "libhal is not initialised", "call hal_init first");
}

}  // namespace hal::core
