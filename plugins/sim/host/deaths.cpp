// SPDX-License-Identifier: Apache-2.0
#include "sim/host/deaths.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

constexpr std::size_t kPoints = std::size(wire::kKillPointSites);

struct Passed {
  std::mutex mutex;
  std::uint64_t times[kPoints] = {};
};

Passed &passed() {
  static Passed counts;
  return counts;
}

}  // namespace

void order_deaths(wire::KillPoints &points) {
  const std::lock_guard lock(passed().mutex);
  for (std::size_t i = 0; i < kPoints; ++i) {
    points.points[i].at = plugin::kill_order(wire::kKillPointSites[i]);
    points.points[i].passed.store(passed().times[i], std::memory_order_relaxed);
    if (points.points[i].at != 0) points.armed = 1;
  }
}

void note_deaths(const wire::KillPoints &points) {
  const std::lock_guard lock(passed().mutex);
  for (std::size_t i = 0; i < kPoints; ++i)
    passed().times[i] = std::max(passed().times[i], points.points[i].passed.load(std::memory_order_relaxed));
}

}  // namespace hal::sim
