// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "cases.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

void run_program(benchmark::State &state, const char *path) {
  for (auto _ : state) {
    char *argv[] = {const_cast<char *>(path), nullptr};
    pid_t child = -1;
    int status = -1;
    if (posix_spawn(&child, path, nullptr, nullptr, argv, environ) != 0 || waitpid(child, &status, 0) != child ||
        status != 0) {
      state.SkipWithError("the program did not end well");
      return;
    }
  }
}

void open_close(benchmark::State &state) {
  const Session &session = process_session();
  for (auto _ : state) {
    hal_device_t device = nullptr;
    check(hal_device_open(session.backend, 1, &device), "hal_device_open");
    check(hal_device_close(device), "hal_device_close");
  }
}

}  // namespace

void add_process_cases() {
  benchmark::RegisterBenchmark("yardstick/empty_process", run_program, HAL_BENCH_EMPTY)->UseRealTime();
  benchmark::RegisterBenchmark("start/init_and_select", run_program, HAL_BENCH_START)->UseRealTime();
  benchmark::RegisterBenchmark("device/open_close", open_close)->UseRealTime();
}

}  // namespace hal::bench
