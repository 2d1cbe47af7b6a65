// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <thread>

#include "cases.hpp"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

using SessionOf = const Session &();

constexpr int kQueued = 10'000;
constexpr std::uint32_t kBusyBlocks = 48;
constexpr int kWarmUp = 100;
constexpr int kBatch = 16;  // few hand-offs, so that a batch fits between two interruptions

void spin_round_trip(benchmark::State &state, Partner &partner) {
  for (int i = 0; i < kWarmUp; ++i) partner.round_trip();
  measure(state, kBatch, [&] { partner.round_trip(); });
}

void empty_block(std::int64_t *) {}

void direct_calls(benchmark::State &state) {
  void (*volatile entry)(std::int64_t *) = empty_block;
  measure(state, kBatch, [&] {
    for (int i = 0; i < state.range(0); ++i) entry(nullptr);
  });
}

// OpenMP's threads spin for milliseconds after a region, which would disturb the next case.
void let_openmp_rest() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

void openmp_region(benchmark::State &state) {
  void (*volatile entry)(std::int64_t *) = empty_block;
  const auto blocks = static_cast<int>(state.range(0));
  measure(state, kBatch, [&] {
#pragma omp parallel for schedule(static)
    for (int i = 0; i < blocks; ++i) entry(nullptr);
  });
  let_openmp_rest();
}

void launch_wait(benchmark::State &state, SessionOf *session_of) {
  const Session &session = session_of();
  const auto blocks = static_cast<std::uint32_t>(state.range(0));
  for (int i = 0; i < kWarmUp; ++i) session.wait(session.launch(session.empty, blocks));
  measure(state, kBatch, [&] { session.wait(session.launch(session.empty, blocks)); });
}

void launch_wait_after_idle(benchmark::State &state, SessionOf *session_of) {
  const Session &session = session_of();
  measure(
      state, 1, [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); },
      [&] { session.wait(session.launch(session.empty, 1)); });
}

// The time of one launch of many.
void launch_queued(benchmark::State &state, SessionOf *session_of) {
  const Session &session = session_of();
  const auto blocks = static_cast<std::uint32_t>(state.range(0));
  measure(state, 1, [&] {
    std::uint64_t last = 0;
    for (int i = 0; i < kQueued; ++i) last = session.launch(session.empty, blocks);
    session.wait(last);
  });
  state.counters[kTypicalNs].value /= kQueued;
}

void busy_direct(benchmark::State &state) {
  std::int64_t args[50] = {static_cast<std::int64_t>(busy_steps())};
  const Entry entry = direct_busy();
  measure(state, 1, [&] {
    for (std::uint32_t i = 0; i < kBusyBlocks; ++i) entry(args);
  });
}

void busy_openmp(benchmark::State &state) {
  std::int64_t args[50] = {static_cast<std::int64_t>(busy_steps())};
  const Entry entry = direct_busy();
  measure(state, 1, [&] {
#pragma omp parallel for schedule(static)
    for (std::uint32_t i = 0; i < kBusyBlocks; ++i) entry(args);
  });
  let_openmp_rest();
}

void busy_launch(benchmark::State &state, SessionOf *session_of) {
  const Session &session = session_of();
  hal_arg_t arg = {};
  arg.type = HAL_ARG_SCALAR;
  arg.dtype = HAL_DTYPE_U64;
  arg.u.bits = busy_steps();
  for (int i = 0; i < kWarmUp; ++i) session.wait(session.launch(session.busy, kBusyBlocks, &arg, 1));
  measure(state, 1, [&] { session.wait(session.launch(session.busy, kBusyBlocks, &arg, 1)); });
}

void add_of(const std::string &home, SessionOf *session) {
  benchmark::RegisterBenchmark(("launch_wait/" + home).c_str(), launch_wait, session)->Arg(1)->Arg(48)->Arg(1024);
  benchmark::RegisterBenchmark(("after_idle/" + home).c_str(), launch_wait_after_idle, session)->Iterations(20);
  benchmark::RegisterBenchmark(("queued/" + home).c_str(), launch_queued, session)
      ->Arg(1)
      ->Arg(48)
      ->Arg(1024)
      ->Iterations(3);
  benchmark::RegisterBenchmark(("busy/" + home).c_str(), busy_launch, session);
}

}  // namespace

void add_launch_cases(Partner &process, Partner &thread) {
  benchmark::RegisterBenchmark("yardstick/spin_process", [&](benchmark::State &s) { spin_round_trip(s, process); });
  benchmark::RegisterBenchmark("yardstick/spin_thread", [&](benchmark::State &s) { spin_round_trip(s, thread); });
  benchmark::RegisterBenchmark("yardstick/direct", direct_calls)->Arg(1)->Arg(48)->Arg(1024);
  benchmark::RegisterBenchmark("yardstick/openmp", openmp_region)->Arg(1)->Arg(48)->Arg(1024);
  benchmark::RegisterBenchmark("yardstick/busy_direct", busy_direct);
  benchmark::RegisterBenchmark("yardstick/busy_openmp", busy_openmp);
  add_of("process", process_session);
  add_of("threads", thread_session);
}

}  // namespace hal::bench
