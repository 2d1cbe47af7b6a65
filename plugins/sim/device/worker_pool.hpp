// SPDX-License-Identifier: Apache-2.0
//
// Spreads the blocks of one launch at a time over the dispatcher's thread and, where it is worth a wake-up, helpers.
#ifndef HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_
#define HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "sim/device/worker.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device {

class WorkerPool {
 public:
  // workers counts the dispatcher's own. on_thread_start runs first on every helper's thread.
  WorkerPool(std::uint32_t workers, bool may_spin, void (*on_thread_start)());
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  // Runs every block of a launch; called by the dispatcher's thread only.
  void run(const wire::Command &command, wire::Descriptors &descriptors);
  // Called once on the dispatcher's thread before the first run.
  void bind_dispatcher() { workers_.front().bind_to_thread(); }

 private:
  struct Chunk {
    std::uint32_t first;
    std::uint32_t count;  // 0: nothing left
    std::uint32_t generation;
  };

  Chunk claim(std::uint32_t limit);
  void help(Worker &worker);
  bool finish(std::uint32_t blocks);
  void wake_helpers_if_worth_it(std::uint64_t remaining_ns);

  const bool may_spin_;
  void (*const on_thread_start_)();
  std::deque<Worker> workers_;
  std::vector<std::thread> helpers_;

  // generation (24 bits) | block count (20) | next block (20) of the launch under way. A helper that comes late holds
  // an old generation and cannot claim. The fields below are stable while blocks of their generation are unfinished.
  alignas(64) std::atomic<std::uint64_t> claim_{0};
  const wire::Command *command_ = nullptr;
  wire::Descriptors *descriptors_ = nullptr;
  std::uint32_t generation_ = 0;
  alignas(64) std::atomic<std::uint32_t> unfinished_{0};
  wire::Bell helper_bell_{};
  wire::Bell dispatcher_bell_{};
  wire::Whereabouts helper_at_{};  // the helper that claimed last
  std::atomic<bool> helpers_wanted_{false};
  std::atomic<bool> stop_{false};
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_
