// SPDX-License-Identifier: Apache-2.0
//
// What must hold of this system before a caller's memory is registered: the driver's own answer would not tell the
// cause.
#ifndef HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_
#define HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_

#include <cstdint>
#include <string>

namespace hal::onboard {

// Whether a kernel of this release ("5.10.0-60.18.0.50") may register memory that the vendor has not allocated: newer
// than 5.10. False for a text that is no release.
bool kernel_takes_pageable(const std::string &release);

struct LockLimit {
  std::uint64_t limit_bytes;  // UINT64_MAX = none
  bool exempt;                // the process may lock as much as it wants
};
LockLimit read_lock_limit();

// Throws plugin::Failure: UNAVAILABLE on an old kernel; OUT_OF_MEMORY beyond the limit of locked memory, of which
// locked_bytes are in use.
void check_import(const std::string &kernel_release, const LockLimit &limit, std::uint64_t locked_bytes,
                  std::uint64_t size_bytes);

// The same for this system as it is now.
void check_import_here(std::uint64_t size_bytes);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_IMPORT_CHECKS_HPP_
