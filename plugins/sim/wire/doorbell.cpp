// SPDX-License-Identifier: Apache-2.0
#include "sim/wire/doorbell.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace hal::sim::wire {
namespace {

// Not FUTEX_PRIVATE_FLAG: the other side may be another process.
long futex(std::atomic<std::uint32_t> &word, int operation, std::uint32_t value, const timespec *timeout) noexcept {
  return syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

}  // namespace

unsigned usable_processors() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<unsigned>(online) : 1u;
}

void Doorbell::ring_always() noexcept {
  rings.fetch_add(1, std::memory_order_seq_cst);
  futex(rings, FUTEX_WAKE, INT_MAX, nullptr);
}

void Doorbell::sleep_while(std::uint32_t seen, std::uint64_t timeout_ns) noexcept {
  if (timeout_ns == UINT64_MAX) {
    futex(rings, FUTEX_WAIT, seen, nullptr);
    return;
  }
  const timespec timeout = {static_cast<time_t>(timeout_ns / 1'000'000'000u),
                            static_cast<long>(timeout_ns % 1'000'000'000u)};
  futex(rings, FUTEX_WAIT, seen, &timeout);
}

}  // namespace hal::sim::wire
