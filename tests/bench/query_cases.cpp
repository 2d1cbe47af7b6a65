// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <atomic>

#include "cases.hpp"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

constexpr int kBatch = 1'000;

int query_key(void *, std::uint32_t key, std::uint64_t *value) {
  *value = key;
  return 0;
}

struct Table {
  int (*query)(void *, std::uint32_t, std::uint64_t *);
};

void table_call(benchmark::State &state) {
  static const Table table = {query_key};
  const Table *volatile slot = &table;
  std::uint64_t value = 0;
  measure(state, kBatch, [&] { benchmark::DoNotOptimize(slot->query(nullptr, 1, &value) + static_cast<int>(value)); });
}

// The minimum cost of keeping an object alive during a call.
void table_call_counted(benchmark::State &state) {
  static const Table table = {query_key};
  const Table *volatile slot = &table;
  std::atomic<std::uint64_t> users{0};
  std::uint64_t value = 0;
  measure(state, kBatch, [&] {
    users.fetch_add(1, std::memory_order_acquire);
    benchmark::DoNotOptimize(slot->query(nullptr, 1, &value) + static_cast<int>(value));
    users.fetch_sub(1, std::memory_order_release);
  });
}

void query(benchmark::State &state) {
  hal_device_t device = process_session().device;
  std::uint64_t value = 0;
  measure(state, kBatch, [&] { check(hal_device_query(device, HAL_PROPERTY_AIV_CORES, &value), "hal_device_query"); });
}

void version(benchmark::State &state) {
  measure(state, kBatch, [] { benchmark::DoNotOptimize(hal_abi_draft()); });
}

}  // namespace

void add_query_cases() {
  benchmark::RegisterBenchmark("yardstick/table_call", table_call);
  benchmark::RegisterBenchmark("yardstick/table_call_counted", table_call_counted);
  benchmark::RegisterBenchmark("query/device", query);
  benchmark::RegisterBenchmark("query/abi_draft", version);
}

}  // namespace hal::bench
