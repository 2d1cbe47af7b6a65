// SPDX-License-Identifier: Apache-2.0
//
// Runs the blocks of one launch at a time on the dispatcher's thread, and on helper threads if the launch is long
// enough to justify waking them. wire::Sharing explains how the threads share the blocks.
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
  // Starts control.worker_count workers, including the dispatcher's own. on_thread_start runs first on each helper's
  // thread.
  WorkerPool(wire::Control &control, void (*on_thread_start)());
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  // Runs every block of a launch. number is the number of its command. Only on the dispatcher's thread.
  void run(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors);
  // Call it once on the dispatcher's thread, before the first run.
  void bind_dispatcher() { workers_.front().bind_to_thread(); }
  // The thread ids of the workers, in the order of their indices; 0: the thread has not started yet. Any thread.
  std::vector<int> threads() const;

 private:
  struct Chunk {
    std::uint32_t first;
    std::uint32_t count;  // 0: no block is left
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
  SharedStorage storage_;  // of the running launch
  std::deque<Worker> workers_;
  std::vector<std::thread> helpers_;

  // The running launch. These do not change while it has unfinished blocks.
  const wire::Command *command_ = nullptr;
  wire::Descriptors *descriptors_ = nullptr;
  std::uint64_t number_ = 0;

  alignas(64) std::atomic<std::uint32_t> unfinished_{0};
  wire::Doorbell dispatcher_doorbell_{};
  wire::LastProcessor helper_processor_{};  // of the helper that last took blocks
  std::atomic<bool> stop_{false};
  std::uint32_t last_block_ns_[wire::kCostSlots] = {};  // in the newest launch of each kernel
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WORKER_POOL_HPP_
