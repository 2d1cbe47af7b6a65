// SPDX-License-Identifier: Apache-2.0
//
// Every case is timed in batches, and the median batch counts. On a busy machine, the mean time of a hand-off between
// two threads depends on how often one of them was not running. The median batch shows the cost when both run.
#ifndef HAL_TESTS_BENCH_MEASURE_HPP_
#define HAL_TESTS_BENCH_MEASURE_HPP_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace hal::bench {

inline constexpr const char *kTypicalNs = "typical_ns";

inline void set_median(benchmark::State &state, std::vector<double> &times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  state.counters[kTypicalNs] = *middle;
}

// Measures an operation that returns its own time in nanoseconds.
template <typename Operation>
void measure_returned(benchmark::State &state, Operation &&operation) {
  std::vector<double> times;
  for (auto _ : state) times.push_back(operation());
  set_median(state, times);
}

// Times batches of `batch` calls. prepare() runs before each batch and is not timed.
template <typename Prepare, typename Operation>
void measure(benchmark::State &state, int batch, Prepare &&prepare, Operation &&operation) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (auto _ : state) {
    prepare();
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < batch; ++i) operation();
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count() / batch);
  }
  set_median(state, times);
}

template <typename Operation>
void measure(benchmark::State &state, int batch, Operation &&operation) {
  measure(
      state, batch, [] {}, operation);
}

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_MEASURE_HPP_
