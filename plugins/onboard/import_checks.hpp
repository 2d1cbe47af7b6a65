// SPDX-License-Identifier: Apache-2.0
//
// Checks this system before the caller's memory is registered. The driver's error code would not show the cause.
#ifndef HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_
#define HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_

#include <cstdint>
#include <string>

namespace hal::onboard {

// Whether this kernel release ("5.10.0-60.18.0.50") can register memory that the vendor did not allocate: it must be
// newer than 5.10. False if the text is not a release.
bool kernel_takes_pageable(const std::string &release);

struct LockLimit {
  std::uint64_t limit_bytes;  // UINT64_MAX = none
  bool exempt;                // the limit does not apply to this process
};
LockLimit read_lock_limit();

// Throws plugin::Failure: UNAVAILABLE on an old kernel; OUT_OF_MEMORY if size_bytes more than locked_bytes exceed the
// limit of locked memory.
void check_import(const std::string &kernel_release, const LockLimit &limit, std::uint64_t locked_bytes,
                  std::uint64_t size_bytes);

// The same check with the values of this system.
void check_import_here(std::uint64_t size_bytes);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_
