// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite as the library hal_conformance. A program links it and calls run() in main. It can add rows of
// its own as further tests of googletest.
#ifndef HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_
#define HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_

#include <string>

namespace hal::conformance {

// Runs the rows on the backend that HAL_BACKEND names. argv has the options (--help). Returns the exit status of the
// program: 0 = no row failed, 1 = a row failed, 2 = an option is wrong. Call it once per process. The program
// hal-conformance-helper must be in the folder of the calling program.
int run(int argc, char **argv);

// The options that run() read from argv.
struct Options {
  bool require_backend = false;  // fail rows if the backend is not usable here; otherwise they are skipped
  bool require_all = false;      // fail rows that need what the backend never has; otherwise they are skipped
  bool exclusive = false;        // no other process uses the device
  std::string kernels;           // the kernel objects are <kernels>/<backend>/conformance-<name>.so
};
inline Options options;

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_
