// SPDX-License-Identifier: Apache-2.0
//
// Spin first, sleep later: how either side waits for the other. Sleepers leave word, so that ringing costs no system
// call while nobody sleeps, nor again while those who were woken are on their way.
#ifndef HAL_PLUGINS_SIM_WIRE_BELL_HPP_
#define HAL_PLUGINS_SIM_WIRE_BELL_HPP_

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

// Where one side ran last, for the other: spinning on the very processor that the other side waits for would only keep
// it from running.
struct alignas(64) Whereabouts {
  std::atomic<std::uint32_t> processor;  // its number + 1; 0: not known

  void publish() noexcept {
    const std::uint32_t here = current();
    if (processor.load(std::memory_order_relaxed) != here) processor.store(here, std::memory_order_relaxed);
  }
  bool is_here() const noexcept { return processor.load(std::memory_order_relaxed) == current(); }

 private:
  static std::uint32_t current() noexcept { return static_cast<std::uint32_t>(sched_getcpu()) + 1; }  // no system call
};

// A word to sleep on, in memory that two processes may share.
//
// A sleeper registers and then looks once more; a ringer stores what it has to say and then looks for sleepers. Both
// are read-modify-writes of one word, so one of them comes first: either the ringer sees the sleeper, or the sleeper
// sees what the ringer had stored.
struct alignas(64) Bell {
  std::atomic<std::uint32_t> rings;
  // 0: nobody sleeps; else somebody may, and the first who wants to be woken wants it at ~asleep.
  std::atomic<std::uint64_t> asleep;

  // Wakes every sleeper. What the caller stored before is visible to them. True if somebody slept.
  bool ring() noexcept {
    if (asleep.exchange(0, std::memory_order_acq_rel) == 0) return false;
    ring_always();
    return true;
  }
  // The same, but not while all sleepers want to be woken later than at reached.
  bool ring_at(std::uint64_t reached) noexcept {
    const std::uint64_t seen = asleep.fetch_add(0, std::memory_order_acq_rel);
    if (seen == 0 || ~seen > reached) [[likely]]
      return false;
    return ring();
  }
  void ring_always() noexcept;  // async-signal-safe

  // Sleeps until the bell rings (at `at` or later), done() holds or timeout_ns has passed; may return early. True if
  // the bell rang.
  template <typename Done>
  bool sleep(Done &&done, std::uint64_t timeout_ns, std::uint64_t at = 0) noexcept {
    const std::uint32_t seen = rings.load(std::memory_order_acquire);
    std::uint64_t others = asleep.load(std::memory_order_relaxed);
    while (!asleep.compare_exchange_weak(others, std::max(others, ~at), std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
    }
    if (!done()) sleep_while(seen, timeout_ns);
    return rings.load(std::memory_order_acquire) != seen;
  }

 private:
  void sleep_while(std::uint32_t seen, std::uint64_t timeout_ns) noexcept;
};

// Looks at done() with pauses, for about a microsecond. Reading the clock would cost more than many a look.
template <typename Done>
bool look_a_few_times(Done &&done) noexcept {
  for (int i = 0; i < 64; ++i) {
    if (done()) return true;
    pause_cpu();
  }
  return false;
}

// Looks at done() for up to spin_ns with pauses, then between a few yields; not while other is on this processor.
// False: time to sleep.
template <typename Done>
bool spin(Done &&done, std::uint64_t spin_ns, const Whereabouts &other) noexcept {
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

#endif  // HAL_PLUGINS_SIM_WIRE_BELL_HPP_
