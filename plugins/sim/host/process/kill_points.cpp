// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/kill_points.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

constexpr std::size_t kPoints = std::size(wire::kDeathPointSites);

struct Passed {
  std::mutex mutex;
  std::uint64_t times[kPoints] = {};
};

Passed &passed() {
  static Passed counts;
  return counts;
}

}  // namespace

void order_deaths(wire::Deaths &deaths) {
  const std::lock_guard lock(passed().mutex);
  for (std::size_t i = 0; i < kPoints; ++i) {
    deaths.points[i].at = plugin::kill_order(wire::kDeathPointSites[i]);
    deaths.points[i].passed.store(passed().times[i], std::memory_order_relaxed);
    if (deaths.points[i].at != 0) deaths.ordered = 1;
  }
}

void note_deaths(const wire::Deaths &deaths) {
  const std::lock_guard lock(passed().mutex);
  for (std::size_t i = 0; i < kPoints; ++i)
    passed().times[i] = std::max(passed().times[i], deaths.points[i].passed.load(std::memory_order_relaxed));
}

}  // namespace hal::sim
