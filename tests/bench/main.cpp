// SPDX-License-Identifier: Apache-2.0
//
// hal-bench [--json FILE] [--smoke] [--benchmark_…]: runs every case and its yardstick, with interleaved repetitions.
#include <benchmark/benchmark.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "cases.hpp"
#include "report.hpp"
#include "session.hpp"

namespace {

struct Options {
  const char *json = nullptr;
  bool smoke = false;
  std::vector<char *> rest;
};

// The defaults come first, so that the command line can override them.
Options parse(int argc, char **argv) {
  static char full[][64] = {"--benchmark_repetitions=11", "--benchmark_min_time=0.02",
                            "--benchmark_enable_random_interleaving=true"};
  static char smoke[][64] = {"--benchmark_repetitions=1", "--benchmark_min_time=0.0001"};
  Options options;
  std::vector<char *> given;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--smoke") == 0) {
      options.smoke = true;
    } else if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      options.json = argv[++i];
    } else {
      given.push_back(argv[i]);
    }
  }
  options.rest.push_back(argv[0]);
  if (options.smoke) {
    for (auto &flag : smoke) options.rest.push_back(flag);
  } else {
    for (auto &flag : full) options.rest.push_back(flag);
  }
  options.rest.insert(options.rest.end(), given.begin(), given.end());
  return options;
}

}  // namespace

int main(int argc, char **argv) {
  using namespace hal::bench;
  Options options = parse(argc, argv);
  int count = static_cast<int>(options.rest.size());
  benchmark::Initialize(&count, options.rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, options.rest.data())) return 2;

  setenv("HAL_BACKEND", "a2a3-sim", 1);  // for the pair, which uses the backend of the environment
  const Machine machine = describe_machine();
  Partner process = Partner::in_process();
  Partner thread = Partner::on_thread();
  process_session();
  thread_session();
  add_query_cases();
  add_launch_cases(process, thread);
  add_memory_cases(!options.smoke);
  add_process_cases();
  add_crash_cases(options.smoke);
  const std::string without_pocl = add_pocl_cases();
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);

  print_table(collector, machine, std::cout);
  print_peaks(std::cout);
  if (!without_pocl.empty()) std::cout << "\nPoCL: skipped: " << without_pocl << ".\n";
  if (options.json != nullptr) {
    std::ofstream file(options.json);
    print_json(collector, machine, file);
    if (!file.flush()) {
      std::cerr << "hal-bench: cannot write " << options.json << '\n';
      return 1;
    }
  }
  return collector.all().empty() ? 1 : 0;
}
