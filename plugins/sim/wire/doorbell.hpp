// SPDX-License-Identifier: Apache-2.0
//
// How host and device wait for each other: spin first, sleep later. A sleeper registers at a doorbell. Ringing a
// doorbell costs a system call only if somebody sleeps, and one ring is enough to wake all sleepers.
#ifndef HAL_PLUGINS_SIM_WIRE_DOORBELL_HPP_
#define HAL_PLUGINS_SIM_WIRE_DOORBELL_HPP_

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace hal::sim::wire {

inline void pause_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

inline std::uint64_t now_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Number of processors that this process may use.
unsigned usable_processors() noexcept;

// The processor on which one side ran last, for the other side to read. A waiter does not spin on that processor,
// because it would keep the other side from running.
struct alignas(64) LastProcessor {
  std::atomic<std::uint32_t> number_plus_one;  // 0: unknown

  void publish() noexcept {
    const std::uint32_t here = current();
    if (number_plus_one.load(std::memory_order_relaxed) != here) number_plus_one.store(here, std::memory_order_relaxed);
  }
  bool is_here() const noexcept { return number_plus_one.load(std::memory_order_relaxed) == current(); }

 private:
  static std::uint32_t current() noexcept { return static_cast<std::uint32_t>(sched_getcpu()) + 1; }  // no system call
};

// A word to sleep on, in memory that two processes may share.
//
// A sleeper registers, and then checks its condition once more. A ringer stores its news, and then checks for sleepers.
// Both steps are read-modify-writes of one word, so one of them comes first: either the ringer sees the sleeper, or the
// sleeper sees what the ringer stored. No ring is lost.
struct alignas(64) Doorbell {
  std::atomic<std::uint32_t> rings;
  // 0: nobody sleeps. Otherwise the complement of the smallest number that a sleeper waits for.
  std::atomic<std::uint64_t> sleepers;

  // Wakes every sleeper. They see what the caller stored before. Returns true if somebody slept.
  bool ring() noexcept {
    if (sleepers.exchange(0, std::memory_order_acq_rel) == 0) return false;
    ring_always();
    return true;
  }
  // The same, but only if a sleeper waits for the number `reached` or a smaller one.
  bool ring_at(std::uint64_t reached) noexcept {
    const std::uint64_t seen = sleepers.fetch_add(0, std::memory_order_acq_rel);
    if (seen == 0 || ~seen > reached) [[likely]]
      return false;
    return ring();
  }
  // Wakes every sleeper, whether or not one is registered. Async-signal-safe.
  void ring_always() noexcept;

  // Sleeps until the doorbell rings for the number `at` or a larger one, done() holds, or timeout_ns has passed. May
  // return early. Returns true if the doorbell rang.
  template <typename Done>
  bool sleep(Done &&done, std::uint64_t timeout_ns, std::uint64_t at = 0) noexcept {
    const std::uint32_t seen = rings.load(std::memory_order_acquire);
    std::uint64_t others = sleepers.load(std::memory_order_relaxed);
    while (!sleepers.compare_exchange_weak(others, std::max(others, ~at), std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
    }
    if (!done()) sleep_while(seen, timeout_ns);
    return rings.load(std::memory_order_acquire) != seen;
  }

 private:
  void sleep_while(std::uint32_t seen, std::uint64_t timeout_ns) noexcept;
};

// Checks done() for about a microsecond, with pauses. Reading the clock would cost more than several checks.
template <typename Done>
bool look_a_few_times(Done &&done) noexcept {
  for (int i = 0; i < 64; ++i) {
    if (done()) return true;
    pause_cpu();
  }
  return false;
}

// Checks done() for up to spin_ns with pauses, then between a few yields. Stops while the other side last ran on this
// processor. Returns false if the caller should sleep.
template <typename Done>
bool spin(Done &&done, std::uint64_t spin_ns, const LastProcessor &other) noexcept {
  if (spin_ns == 0 || other.is_here()) return done();
  if (look_a_few_times(done)) return true;
  const std::uint64_t end = now_ns() + spin_ns;
  do {
    if (other.is_here()) return done();
    if (look_a_few_times(done)) return true;
  } while (now_ns() < end);
  for (int i = 0; i < 4; ++i) {
    std::this_thread::yield();
    if (done()) return true;
  }
  return false;
}

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_DOORBELL_HPP_
