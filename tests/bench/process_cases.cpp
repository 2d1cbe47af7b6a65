// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "cases.hpp"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

void run_program(benchmark::State &state, const char *path) {
  bool good = true;
  measure(state, 1, [&] {
    char *argv[] = {const_cast<char *>(path), nullptr};
    pid_t child = -1;
    int status = -1;
    good = good && posix_spawn(&child, path, nullptr, nullptr, argv, environ) == 0 &&
           waitpid(child, &status, 0) == child && status == 0;
  });
  if (!good) check(HAL_ERR_UNAVAILABLE, path);
}

void open_close(benchmark::State &state) {
  const Session &session = process_session();
  measure(state, 1, [&] {
    hal_device_t device = nullptr;
    check(hal_device_open(session.backend, 1, &device), "hal_device_open");
    check(hal_device_close(device), "hal_device_close");
  });
}

}  // namespace

void add_process_cases() {
  benchmark::RegisterBenchmark("yardstick/empty_process", run_program, HAL_BENCH_EMPTY);
  benchmark::RegisterBenchmark("start/init_and_select", run_program, HAL_BENCH_START);
  benchmark::RegisterBenchmark("device/open_close", open_close);
}

}  // namespace hal::bench
