// SPDX-License-Identifier: Apache-2.0
#include "partner.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace hal::bench {
namespace {

constexpr std::uint64_t kStop = UINT64_MAX;
constexpr int kIdleLooks = 20'000;  // after these it sleeps, to leave the processor to other cases

void pause_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace

struct Partner::Words {
  alignas(64) std::atomic<std::uint64_t> asked;
  alignas(64) std::atomic<std::uint64_t> answered;

  void serve() noexcept {
    std::uint64_t seen = 0;
    for (int looks = 0;;) {
      const std::uint64_t now = asked.load(std::memory_order_acquire);
      if (now == kStop) return;
      if (now != seen) {
        answered.store(now, std::memory_order_release);
        seen = now;
        looks = 0;
      } else if (++looks < kIdleLooks) {
        pause_cpu();
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    }
  }
};

Partner Partner::in_process() {
  void *memory = mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  Partner partner(static_cast<Words *>(memory));
  partner.child_ = fork();
  if (partner.child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    partner.words_->serve();
    _exit(0);
  }
  return partner;
}

Partner Partner::on_thread() {
  void *memory = mmap(nullptr, sizeof(Words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  Partner partner(static_cast<Words *>(memory));
  partner.thread_ = std::thread([words = partner.words_] { words->serve(); });
  return partner;
}

Partner::Partner(Partner &&other) noexcept
    : words_(std::exchange(other.words_, nullptr)),
      count_(other.count_),
      child_(std::exchange(other.child_, -1)),
      thread_(std::move(other.thread_)) {}

Partner::~Partner() {
  if (words_ == nullptr) return;
  words_->asked.store(kStop, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
  if (child_ > 0) waitpid(child_, nullptr, 0);
  munmap(words_, sizeof(Words));
}

void Partner::round_trip() noexcept {
  words_->asked.store(++count_, std::memory_order_release);
  while (words_->answered.load(std::memory_order_acquire) != count_) pause_cpu();
}

}  // namespace hal::bench
