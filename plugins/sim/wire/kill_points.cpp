// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/kill_points.hpp"

#include <signal.h>
#include <unistd.h>

namespace hal::sim::wire {

void KillPoints::count(KillPoint which) noexcept {
  Point &point = points[static_cast<std::size_t>(which)];
  const std::uint64_t number = point.passed.fetch_add(1, std::memory_order_relaxed) + 1;
  if (point.at != number && point.at != UINT64_MAX) return;
  kill(getpid(), SIGKILL);
  for (;;) pause();  // another thread may receive the signal first
}

}  // namespace hal::sim::wire
