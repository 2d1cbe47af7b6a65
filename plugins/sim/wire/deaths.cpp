// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include "sim/wire/wire.hpp"

namespace hal::sim::wire {

void Deaths::count(DeathPoint which) noexcept {
  Point &point = points[static_cast<std::size_t>(which)];
  const std::uint64_t number = point.passed.fetch_add(1, std::memory_order_relaxed) + 1;
  if (point.at != number && point.at != UINT64_MAX) return;
  kill(getpid(), SIGKILL);
  for (;;) pause();  // the signal may be taken by another thread first
}

}  // namespace hal::sim::wire
