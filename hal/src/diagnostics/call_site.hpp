// SPDX-License-Identifier: Apache-2.0
//
// Where in the application a public call came from, kept with what it made.
#ifndef HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_
#define HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_

#include <array>
#include <string>

#include "hal/hal_plugin.h"

namespace hal::core {

// Whether whole call stacks are kept (HAL_DEBUG=1), or only the immediate caller, which costs nothing.
void keep_call_stacks(bool keep) noexcept;

class CallSite {
 public:
  // Of the public call that this thread is in; the outermost one counts.
  static CallSite here() noexcept;

  // "fill_cache+0x2f (/opt/app/runtime.so+0x1c52f)", then its callers after " < ". The number after the file is what
  // addr2line -e wants.
  std::string describe() const;

  // Through a struct of a plugin, of whatever length.
  void write(hal_call_site_v1_t &out) const noexcept;
  static CallSite read(const hal_call_site_v1_t &given) noexcept;

 private:
  std::array<void *, 8> frames_ = {};  // return addresses, ending early with NULL
};

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_CALL_SITE_HPP_
