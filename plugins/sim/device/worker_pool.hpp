// SPDX-License-Identifier: Apache-2.0
//
// Spreads the blocks of one launch at a time over the dispatcher's thread and, where it is worth a wake-up, helpers.
// wire::Sharing says how they agree on who runs what.
#ifndef HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_
#define HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "sim/device/shared_storage.hpp"
#include "sim/device/worker.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device {

class WorkerPool {
 public:
  // As many workers as control says, the dispatcher's own included. on_thread_start runs first on every helper's
  // thread.
  WorkerPool(wire::Control &control, void (*on_thread_start)());
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  // Runs every block of a launch, which is the command of that number; called by the dispatcher's thread only.
  void run(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors);
  // Called once on the dispatcher's thread before the first run.
  void bind_dispatcher() { workers_.front().bind_to_thread(); }
  // The workers' threads, by number; 0 for one that has not begun. Any thread.
  std::vector<int> threads() const;

 private:
  struct Chunk {
    std::uint32_t first;
    std::uint32_t count;  // 0: nothing left
  };

  std::uint32_t first_chunk(std::uint32_t total, std::uint64_t known_ns) const;
  std::uint32_t next_chunk(std::uint32_t left, std::uint32_t total, std::uint64_t block_ns) const;
  Chunk claim_own(std::uint32_t total, std::uint64_t block_ns);
  Chunk claim_as_helper();
  bool finish(std::uint32_t blocks);
  void run_all(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors);
  std::uint32_t run_own(Worker &worker, const wire::Command &command);
  void learn(const wire::Command &command, std::uint64_t block_ns);
  void help(Worker &worker);

  wire::Control &control_;
  wire::Sharing &sharing_;
  void (*const on_thread_start_)();
  SharedStorage storage_;  // of the launch under way
  std::deque<Worker> workers_;
  std::vector<std::thread> helpers_;

  // Of the launch under way: stable while blocks of it are unfinished.
  const wire::Command *command_ = nullptr;
  wire::Descriptors *descriptors_ = nullptr;
  std::uint64_t number_ = 0;

  alignas(64) std::atomic<std::uint32_t> unfinished_{0};
  wire::Bell dispatcher_bell_{};
  wire::Whereabouts helper_at_{};  // the helper that claimed last
  std::atomic<bool> stop_{false};
  std::uint32_t last_block_ns_[wire::kCostSlots] = {};  // as the newest launch of each kernel had it
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_
