// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/kill_points.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

constexpr std::size_t kPoints = std::size(wire::kKillPointSites);

// How often each point was reached in the device processes that have ended.
struct Counts {
  std::mutex mutex;
  std::uint64_t reached[kPoints] = {};
};

Counts &counts() {
  static Counts all;
  return all;
}

}  // namespace

void arm_kill_points(wire::KillPoints &points) {
  const std::lock_guard lock(counts().mutex);
  for (std::size_t i = 0; i < kPoints; ++i) {
    points.points[i].at = plugin::kill_order(wire::kKillPointSites[i]);
    points.points[i].passed.store(counts().reached[i], std::memory_order_relaxed);
    if (points.points[i].at != 0) points.armed = 1;
  }
}

void save_kill_counts(const wire::KillPoints &points) {
  const std::lock_guard lock(counts().mutex);
  for (std::size_t i = 0; i < kPoints; ++i)
    counts().reached[i] = std::max(counts().reached[i], points.points[i].passed.load(std::memory_order_relaxed));
}

}  // namespace hal::sim
