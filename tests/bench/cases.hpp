// SPDX-License-Identifier: Apache-2.0
//
// The cases by subject. Each function registers some with Google Benchmark; table.cpp says which stand side by side.
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
// Starts the yardstick's program that does nothing, and waits for its end. Any thread.
void run_empty_process();
// few: only that they run.
void add_crash_cases(bool few);
// The most memory that the programs of the process cases had at a time.
void print_peaks(std::ostream &out);
// "" or why there are none: built without OpenCL, no PoCL at run time.
std::string add_pocl_cases();

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_CASES_HPP_
