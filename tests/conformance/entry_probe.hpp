// SPDX-License-Identifier: Apache-2.0
#ifndef HAL_TESTS_CONFORMANCE_ENTRY_PROBE_HPP_
#define HAL_TESTS_CONFORMANCE_ENTRY_PROBE_HPP_

#include <string>

namespace hal::conformance {

// Loads a plugin without libhal and calls its entry function. question is "refuses" (P3) or "pure" (P4). Prints every
// problem. Returns 0 if there is none, else 1.
int probe_entry(const std::string &question, const char *path);

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_ENTRY_PROBE_HPP_
