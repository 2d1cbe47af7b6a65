// SPDX-License-Identifier: Apache-2.0
#include "sim/device/worker_pool.hpp"

#include <algorithm>

namespace hal::sim::device {
namespace {

constexpr std::uint64_t kChunkNs = 10'000;      // blocks that a worker takes at a time, in estimated time
constexpr std::uint64_t kFirstChunkNs = 2'000;  // the first chunk, before the dispatcher decides to call helpers
constexpr std::uint64_t kClockNs = 1'000;       // estimated time between two readings of the clock
constexpr std::uint64_t kSpinNs = 50'000;
constexpr int kYields = 8;

std::uint32_t within(std::uint64_t count, std::uint64_t limit) {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(count, 1, limit));
}

}  // namespace

WorkerPool::WorkerPool(wire::Control &control, void (*on_thread_start)())
    : control_(control), sharing_(control.sharing), on_thread_start_(on_thread_start) {
  const std::uint32_t workers = control.worker_count;
  for (std::uint32_t i = 0; i < workers; ++i) workers_.emplace_back(i, control.kill_points, storage_);
  for (std::uint32_t i = 1; i < workers; ++i) helpers_.emplace_back([this, i] { help(workers_[i]); });
}

WorkerPool::~WorkerPool() {
  stop_.store(true);
  sharing_.helper_doorbell.ring_always();
  for (std::thread &helper : helpers_) helper.join();
}

std::vector<int> WorkerPool::threads() const {
  std::vector<int> ids;
  for (const Worker &worker : workers_) ids.push_back(worker.thread_id());
  return ids;
}

// One block if the cost of the kernel's blocks is unknown.
std::uint32_t WorkerPool::first_chunk(std::uint32_t total, std::uint64_t known_ns) const {
  if (known_ns == 0) return 1;
  const bool worth_sharing = known_ns * total >= wire::kWorthSharingNs;
  return within(std::min<std::uint64_t>((total + 1) / 2, (worth_sharing ? kFirstChunkNs : kChunkNs) / known_ns), total);
}

// Never all of many blocks, whatever their estimated cost. If they turn out to be slow, other workers can take the
// rest.
std::uint32_t WorkerPool::next_chunk(std::uint32_t left, std::uint32_t total, std::uint64_t block_ns) const {
  const std::uint64_t fair =
      sharing_.is_help_wanted() ? left / (2 * workers_.size()) : std::max<std::uint64_t>((left + 1) / 2, total / 8);
  return within(std::min(fair, kChunkNs / block_ns), left);
}

WorkerPool::Chunk WorkerPool::claim_own(std::uint32_t total, std::uint64_t block_ns) {
  std::uint64_t word = sharing_.claim.load(std::memory_order_relaxed);  // only the dispatcher changes its generation
  for (;;) {
    const std::uint32_t left = wire::Sharing::left(word);
    if (left == 0) return {0, 0};
    const std::uint32_t count = next_chunk(left, total, block_ns);
    if (sharing_.claim.compare_exchange_weak(word, word + count, std::memory_order_relaxed))
      return {wire::Sharing::next(word), count};
  }
}

// Taking blocks acquires what the dispatcher stored before it published the launch.
WorkerPool::Chunk WorkerPool::claim_as_helper() {
  std::uint64_t word = sharing_.claim.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint32_t left = wire::Sharing::left(word);
    if (left == 0 || sharing_.wanted.load(std::memory_order_relaxed) != wire::Sharing::generation(word)) return {0, 0};
    const std::uint32_t count = within(left / (2 * workers_.size()), left);
    if (sharing_.claim.compare_exchange_weak(word, word + count, std::memory_order_acq_rel, std::memory_order_relaxed))
      return {wire::Sharing::next(word), count};
  }
}

// Returns true to the worker that finishes the launch's last block.
bool WorkerPool::finish(std::uint32_t blocks) {
  return unfinished_.fetch_sub(blocks, std::memory_order_acq_rel) == blocks;
}

void WorkerPool::run(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors) {
  run_all(number, command, descriptors);
  storage_.clear();
}

void WorkerPool::run_all(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors) {
  Worker &worker = workers_.front();
  worker.prepare(command, descriptors);
  const std::uint32_t total = command.block_count;
  if (helpers_.empty() || total == 1) {
    worker.run(0, total);
    return;
  }
  command_ = &command;
  descriptors_ = &descriptors;
  number_ = number;
  unfinished_.store(total, std::memory_order_relaxed);
  const std::uint32_t done = run_own(worker, command);
  if (done == total || finish(done)) return;  // done == total: helpers took no blocks
  const auto all_done = [this] { return unfinished_.load(std::memory_order_acquire) == 0; };
  while (!wire::spin(all_done, control_.may_spin != 0 ? kSpinNs : 0, helper_processor_))
    dispatcher_doorbell_.sleep(all_done, UINT64_MAX);
}

// Publishes the launch and runs its blocks until none is left to take. Returns the number of blocks that ran here.
std::uint32_t WorkerPool::run_own(Worker &worker, const wire::Command &command) {
  const std::uint32_t total = command.block_count;
  const std::uint64_t known_ns = sharing_.cost_of(command.kernel_id).load(std::memory_order_relaxed);
  const std::uint64_t start = wire::now_ns();
  Chunk chunk = {0, first_chunk(total, known_ns)};
  sharing_.claim.store(wire::Sharing::pack(number_, total, chunk.count), std::memory_order_release);
  if (known_ns == 0 || (known_ns > kFirstChunkNs && known_ns * total >= wire::kWorthSharingNs)) sharing_.call_helpers();
  std::uint64_t block_ns = known_ns;
  std::uint32_t done = 0;
  std::uint32_t looked_at = 0;
  for (; chunk.count != 0; chunk = claim_own(total, block_ns)) {
    worker.run(chunk.first, chunk.count);
    done += chunk.count;
    if (known_ns != 0 && (done - looked_at) * block_ns < kClockNs) continue;
    looked_at = done;
    block_ns = (wire::now_ns() - start) / done + 1;
    if (block_ns * wire::Sharing::left(sharing_.claim.load(std::memory_order_relaxed)) >= wire::kWorthSharingNs)
      sharing_.call_helpers();
  }
  learn(command, (wire::now_ns() - start) / done + 1);
  return done;
}

// The cost of a kernel's block is the smaller one of two launches in a row, because an interrupted launch takes too
// long. Hosts read the cost, so it is written only after a noticeable change.
void WorkerPool::learn(const wire::Command &command, std::uint64_t block_ns) {
  const auto newest = static_cast<std::uint32_t>(std::min<std::uint64_t>(block_ns, UINT32_MAX));
  std::uint32_t &last = last_block_ns_[command.kernel_id % wire::kCostSlots];
  const std::uint32_t likely = last == 0 ? newest : std::min(newest, last);
  last = newest;
  std::atomic<std::uint32_t> &known = sharing_.cost_of(command.kernel_id);
  const std::uint32_t seen = known.load(std::memory_order_relaxed);
  if (seen == 0 || likely > seen + seen / 4 + 4 || likely + likely / 4 + 4 < seen)
    known.store(likely, std::memory_order_relaxed);
}

void WorkerPool::help(Worker &worker) {
  if (on_thread_start_ != nullptr) on_thread_start_();
  worker.bind_to_thread();
  std::uint64_t prepared = UINT64_MAX;
  bool worked = false;
  int yields = 0;
  const auto wanted = [this] { return stop_.load(std::memory_order_acquire) || sharing_.is_help_wanted(); };
  while (!stop_.load(std::memory_order_acquire)) {
    if (const Chunk chunk = claim_as_helper(); chunk.count != 0) {
      if (prepared != number_) worker.prepare(*command_, *descriptors_);
      prepared = number_;
      helper_processor_.publish();
      worker.run(chunk.first, chunk.count);
      if (finish(chunk.count)) dispatcher_doorbell_.ring();
      worked = true;
      yields = 0;
      continue;
    }
    // Only the last blocks are still running. Wake a sleeping host now, so that it is awake when they end.
    if (worked) control_.host_doorbell.ring_at(prepared + 1);
    worked = false;
    if (yields++ < kYields) {
      std::this_thread::yield();
    } else {
      sharing_.helper_doorbell.sleep(wanted, UINT64_MAX);
      yields = 0;
    }
  }
}

}  // namespace hal::sim::device
