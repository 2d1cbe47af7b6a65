// SPDX-License-Identifier: Apache-2.0
//
// Whether libhal is up: one word that every call looks at.
#ifndef HAL_SRC_LIFECYCLE_HPP_
#define HAL_SRC_LIFECYCLE_HPP_

#include <atomic>
#include <cstdint>
#include <memory>

#include "hal/hal.h"

namespace hal::core {

struct Settings;

enum class Phase : std::uint32_t {
  kDown,
  kStarting,
  kReady,
  kForked,  // a child of a process in which libhal was up: for good
};

extern std::atomic<Phase> lifecycle_phase;

hal_status_t fail_not_ready();

inline hal_status_t check_ready() {
  if (lifecycle_phase.load(std::memory_order_acquire) == Phase::kReady) [[likely]]
    return HAL_OK;
  return fail_not_ready();
}

// For calls that may come before hal_init: FAILED_PRECONDITION in a forked child.
hal_status_t check_not_forked();

// Around a public call that finds, loads or asks plugins without a handle that the last hal_shutdown could look at.
// While there is one, that hal_shutdown is BUSY; once it has begun, no other starts.
class PluginCall {
 public:
  PluginCall();
  ~PluginCall();
  PluginCall(const PluginCall &) = delete;
  PluginCall &operator=(const PluginCall &) = delete;
  // HAL_OK, or why it must not go on.
  hal_status_t status() const noexcept { return status_; }

 private:
  hal_status_t status_;
};

// What the environment said at hal_init.
std::shared_ptr<const Settings> settings();

// Makes one of the counted hal_init references the one that the pair of share_mem.h holds, or gives it back if the pair
// holds one already.
void keep_reference_for_pair();

// Gives back a hal_init of the pair's own. Unlike hal_shutdown it ends libhal only if nobody else holds it, the pair
// included.
void drop_reference();

}  // namespace hal::core

#endif  // HAL_SRC_LIFECYCLE_HPP_
