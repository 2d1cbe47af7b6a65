// SPDX-License-Identifier: Apache-2.0
//
// The cases by subject. Each function registers cases with Google Benchmark. table.cpp lists each case with its
// yardstick.
#ifndef HAL_TESTS_BENCH_CASES_HPP_
#define HAL_TESTS_BENCH_CASES_HPP_

#include <ostream>
#include <string>

#include "partner.hpp"

namespace hal::bench {

void add_query_cases();
void add_launch_cases(Partner &process, Partner &thread);
void add_memory_cases(bool large);
void add_process_cases();
// Runs the yardstick's empty program and waits for its end. Any thread.
void run_empty_process();
// few: only a few iterations, to check that the cases run.
void add_crash_cases(bool few);
// Prints the peak memory of the programs of the process cases.
void print_peaks(std::ostream &out);
// Returns "", or why there are no cases: built without OpenCL, or no PoCL at run time.
std::string add_pocl_cases();

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_CASES_HPP_
