// SPDX-License-Identifier: Apache-2.0
//
// The conformance suite as a library, hal_conformance: link it, and this is your main. Rows of your own are further
// tests of googletest.
#ifndef HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_
#define HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_

#include <string>

namespace hal::conformance {

// Runs the rows on the backend that HAL_BACKEND names, as the options in argv say (--help), and gives the exit status
// of the program: 0 all judged rows hold, 1 a row fails, 2 an option is wrong. Once per process. The program
// hal-conformance-helper must lie beside the one that calls this.
int run(int argc, char **argv);

// What run has read from argv.
struct Options {
  bool require_backend = false;  // a backend that is not usable here fails rows; else they are skipped
  bool require_all = false;      // what the backend never has (UNSUPPORTED) fails rows; else they are skipped
  bool exclusive = false;        // no other process uses the device
  std::string kernels;           // <kernels>/<backend>/conformance-<name>.so are the suite's kernel objects
};
inline Options options;

}  // namespace hal::conformance

#endif  // HAL_TESTS_CONFORMANCE_CONFORMANCE_HPP_
