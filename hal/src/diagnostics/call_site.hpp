// SPDX-License-Identifier: Apache-2.0
//
// The place in the application that made a public call, kept with the object that the call created.
#ifndef HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_
#define HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_

#include <array>
#include <string>

#include "hal/hal_plugin.h"

namespace hal::core {

// Whether to keep whole call stacks (HAL_DEBUG=1) or only the immediate caller, which costs almost nothing.
void keep_call_stacks(bool keep) noexcept;

class CallSite {
 public:
  // The place of the outermost public call that this thread runs.
  static CallSite here() noexcept;

  // "fill_cache+0x2f (/opt/app/runtime.so+0x1c52f)", then its callers after " < ". The offset in the file is the one
  // that addr2line -e takes.
  std::string describe() const;

  // To and from a plugin's struct, which may have any length.
  void write(hal_call_site_v1_t &out) const noexcept;
  static CallSite read(const hal_call_site_v1_t &given) noexcept;

 private:
  std::array<void *, 8> frames_ = {};  // return addresses; NULL ends the list
};

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_
