// SPDX-License-Identifier: Apache-2.0
//
// Spin first, sleep later: how either side waits for the other. Sleepers leave word, so that ringing costs no system
// call while nobody sleeps, nor again while those who were woken are on their way.
#ifndef HAL_PLUGINS_SIM_WIRE_BELL_HPP_
#define HAL_PLUGINS_SIM_WIRE_BELL_HPP_

#include <sched.h>

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
struct alignas(64) Bell {
  std::atomic<std::uint32_t> rings;
  std::atomic<std::uint32_t> asleep;  // 1: somebody may be; whoever takes it back to 0 must wake them

  // Wakes every sleeper. What the caller stored before is visible to them. True if somebody slept.
  // A read-modify-write also when nobody does: either it comes after a sleeper's own and sees it, or before, and then
  // the sleeper sees what was stored before it.
  bool ring() noexcept {
    if (asleep.exchange(0, std::memory_order_acq_rel) == 0) return false;
    ring_always();
    return true;
  }
  void ring_always() noexcept;  // async-signal-safe

  // Sleeps until the bell rings, done() holds or timeout_ns has passed; may return early.
  template <typename Done>
  void sleep(Done &&done, std::uint64_t timeout_ns) noexcept {
    const std::uint32_t seen = rings.load(std::memory_order_acquire);
    asleep.exchange(1, std::memory_order_acq_rel);
    if (!done()) sleep_while(seen, timeout_ns);
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
