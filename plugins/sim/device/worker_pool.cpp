// SPDX-License-Identifier: Apache-2.0
#include "sim/device/worker_pool.hpp"

#include <algorithm>

namespace hal::sim::device {
namespace {

constexpr std::uint64_t kFieldBits = 20;
constexpr std::uint64_t kFieldMask = (1u << kFieldBits) - 1;
constexpr std::uint64_t kWakeWorthNs = 40'000;  // two wake-ups of about 20 µs
constexpr std::uint64_t kTurnNs = 10'000;       // between two looks at whether helpers are worth it
constexpr std::uint64_t kGrowth = 8;
constexpr std::uint64_t kSpinNs = 50'000;
static_assert(wire::kMaxBlocks <= kFieldMask);

std::uint64_t pack(std::uint32_t generation, std::uint64_t count, std::uint64_t next) {
  return std::uint64_t{generation} << (2 * kFieldBits) | count << kFieldBits | next;
}

}  // namespace

WorkerPool::WorkerPool(std::uint32_t workers, bool may_spin, void (*on_thread_start)())
    : may_spin_(may_spin), on_thread_start_(on_thread_start) {
  for (std::uint32_t i = 0; i < workers; ++i) workers_.emplace_back(i);
  for (std::uint32_t i = 1; i < workers; ++i) helpers_.emplace_back([this, i] { help(workers_[i]); });
}

WorkerPool::~WorkerPool() {
  stop_.store(true);
  helper_bell_.ring_always();
  for (std::thread &helper : helpers_) helper.join();
}

WorkerPool::Chunk WorkerPool::claim(std::uint32_t limit) {
  std::uint64_t word = claim_.load(std::memory_order_acquire);
  for (;;) {
    const std::uint64_t next = word & kFieldMask;
    const std::uint64_t left = (word >> kFieldBits & kFieldMask) - next;
    const auto generation = static_cast<std::uint32_t>(word >> (2 * kFieldBits));
    if (left == 0) return {0, 0, generation};
    std::uint64_t count = std::min<std::uint64_t>(limit, left);
    if (helpers_wanted_.load(std::memory_order_relaxed))  // leave some for the others
      count = std::min(count, std::max<std::uint64_t>(1, left / (2 * workers_.size())));
    if (claim_.compare_exchange_weak(word, word + count, std::memory_order_acq_rel, std::memory_order_acquire))
      return {static_cast<std::uint32_t>(next), static_cast<std::uint32_t>(count), generation};
  }
}

// True for whoever finishes the launch's last block.
bool WorkerPool::finish(std::uint32_t blocks) {
  return unfinished_.fetch_sub(blocks, std::memory_order_acq_rel) == blocks;
}

void WorkerPool::run(const wire::Command &command, wire::Descriptors &descriptors) {
  Worker &worker = workers_.front();
  worker.prepare(command, descriptors);
  const std::uint32_t total = command.block_count;
  if (helpers_.empty() || total == 1) {
    worker.run(0, total);
    return;
  }
  command_ = &command;
  descriptors_ = &descriptors;
  unfinished_.store(total, std::memory_order_relaxed);
  generation_ = (generation_ + 1) & 0xffffffu;
  const std::uint64_t start = wire::now_ns();
  claim_.store(pack(generation_, total, 0), std::memory_order_release);

  // One block first, to learn what a block costs; then more at a time, but only as many as seem to take a short while:
  // they cannot be given to others any more.
  std::uint32_t limit = 1;
  bool last = false;
  std::uint32_t done = 0;
  for (Chunk chunk = claim(limit); chunk.count != 0 && !last; chunk = claim(limit)) {
    worker.run(chunk.first, chunk.count);
    done += chunk.count;
    last = finish(chunk.count);
    if (!last && !helpers_wanted_.load(std::memory_order_relaxed)) {
      const std::uint64_t block_ns = (wire::now_ns() - start) / done;
      wake_helpers_if_worth_it(block_ns * (total - done));
      limit = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kTurnNs / (block_ns + 1), 1, limit * kGrowth));
    }
  }
  const auto all_done = [this] { return unfinished_.load(std::memory_order_acquire) == 0; };
  while (!wire::spin(all_done, may_spin_ ? kSpinNs : 0, helper_at_)) dispatcher_bell_.sleep(all_done, UINT64_MAX);
  helpers_wanted_.store(false, std::memory_order_relaxed);
}

void WorkerPool::wake_helpers_if_worth_it(std::uint64_t remaining_ns) {
  if (remaining_ns < kWakeWorthNs) return;
  helpers_wanted_.store(true, std::memory_order_release);
  helper_bell_.ring();
}

void WorkerPool::help(Worker &worker) {
  if (on_thread_start_ != nullptr) on_thread_start_();
  worker.bind_to_thread();
  std::uint32_t prepared = UINT32_MAX;
  const auto wanted = [this] {
    return stop_.load(std::memory_order_acquire) || helpers_wanted_.load(std::memory_order_acquire);
  };
  while (!stop_.load(std::memory_order_acquire)) {
    const Chunk chunk = wanted() ? claim(UINT32_MAX) : Chunk{0, 0, 0};
    if (chunk.count == 0) {
      if (wanted()) {  // all claimed, not all finished: sleeping now would only cost the next launch a wake-up
        std::this_thread::yield();
      } else {
        helper_bell_.sleep(wanted, UINT64_MAX);
      }
      continue;
    }
    if (prepared != chunk.generation) {
      worker.prepare(*command_, *descriptors_);
      prepared = chunk.generation;
    }
    helper_at_.publish();
    worker.run(chunk.first, chunk.count);
    if (finish(chunk.count)) dispatcher_bell_.ring();
  }
}

}  // namespace hal::sim::device
