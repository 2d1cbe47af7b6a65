// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cases.hpp"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

using Command = std::vector<std::string>;

std::vector<char *> pointers(Command &texts) {
  std::vector<char *> list;
  for (std::string &text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// The environment without the variables that this process sets for its own cases.
Command environment() {
  Command all;
  for (char **entry = environ; *entry != nullptr; ++entry)
    if (std::string_view(*entry).substr(0, 4) != "HAL_") all.emplace_back(*entry);
  return all;
}

// Returns the command's output. Ends this program if the command fails.
std::string run(Command command) {
  Command variables = environment();
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) check(HAL_ERR_UNAVAILABLE, "pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = -1;
  int status = -1;
  const bool started = posix_spawn(&child, command[0].c_str(), &actions, nullptr, pointers(command).data(),
                                   pointers(variables).data()) == 0;
  close(ends[1]);
  std::array<char, 4096> buffer;
  std::string output;
  for (ssize_t got = 0; (got = read(ends[0], buffer.data(), buffer.size())) > 0;)
    output.append(buffer.data(), static_cast<std::size_t>(got));
  close(ends[0]);
  posix_spawn_file_actions_destroy(&actions);
  if (!started || waitpid(child, &status, 0) != child || status != 0) check(HAL_ERR_UNAVAILABLE, command[0].c_str());
  return output;
}

// Measures a process from its start to its end.
void run_program(benchmark::State &state, const Command &command) {
  measure(state, 1, [&] { run(command); });
}

// Measures the time that the process prints.
void run_stopwatch(benchmark::State &state, const Command &command) {
  measure_returned(state, [&] { return std::stod(run(command)); });
}

void open_close(benchmark::State &state) {
  const Session &session = process_session();
  measure(state, 1, [&] {
    hal_device_t device = nullptr;
    check(hal_device_open(session.backend, 1, &device), "hal_device_open");
    check(hal_device_close(device), "hal_device_close");
  });
}

void open_only(benchmark::State &state) {
  const Session &session = process_session();
  measure_returned(state, [&] {
    hal_device_t device = nullptr;
    const auto start = std::chrono::steady_clock::now();
    check(hal_device_open(session.backend, 1, &device), "hal_device_open");
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    check(hal_device_close(device), "hal_device_close");
    return took.count();
  });
}

void add_program(const char *name, Command command) {
  benchmark::RegisterBenchmark(name, run_program, std::move(command));
}

}  // namespace

void add_process_cases() {
  add_program("yardstick/empty_process", {HAL_BENCH_EMPTY});
  add_program("start/process", {HAL_BENCH_START});
  add_program("halprobe/list", {HAL_BENCH_HALPROBE, "list"});
  add_program("halprobe/list_no_isolate", {HAL_BENCH_HALPROBE, "list", "--no-isolate"});
  benchmark::RegisterBenchmark("yardstick/dlopen_and_scan", run_stopwatch,
                               Command{HAL_BENCH_START, "dlopen", HAL_BENCH_PLUGIN});
  benchmark::RegisterBenchmark("start/init_and_select", run_stopwatch, Command{HAL_BENCH_START});
  benchmark::RegisterBenchmark("device/open", open_only);
  benchmark::RegisterBenchmark("device/open_close", open_close);
}

void run_empty_process() { run({HAL_BENCH_EMPTY}); }

void print_peaks(std::ostream &out) {
  const auto peak = [](Command command) {
    command.insert(command.begin(), HAL_BENCH_PEAK);
    return std::stod(run(std::move(command))) / 1024;
  };
  out << "\nPeak memory, including shared pages: halprobe list " << peak({HAL_BENCH_HALPROBE, "list"})
      << " MiB (goal 6), halprobe list --no-isolate " << peak({HAL_BENCH_HALPROBE, "list", "--no-isolate"})
      << " MiB,\nhal_init + select " << peak({HAL_BENCH_START}) << " MiB, an empty process " << peak({HAL_BENCH_EMPTY})
      << " MiB.\n";
}

}  // namespace hal::bench
