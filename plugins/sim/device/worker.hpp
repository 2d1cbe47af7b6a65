// SPDX-License-Identifier: Apache-2.0
//
// A worker runs blocks of launches on one thread: it builds each block's arguments and calls the kernel.
#ifndef HAL_PLUGINS_SIM_DEVICE_WORKER_HPP_
#define HAL_PLUGINS_SIM_DEVICE_WORKER_HPP_

#include <atomic>
#include <cstdint>
#include <memory>

#include "sim/device/shared_storage.hpp"
#include "sim/hooks/hooks.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim::device {

class Worker {
 public:
  // deaths: as HAL_FAULTS orders them. Both outlive the worker.
  Worker(std::uint32_t index, wire::Deaths &deaths, SharedStorage &storage);
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  // Makes ready for blocks of one launch. command and descriptors stay valid until its last block is done.
  void prepare(const wire::Command &command, wire::Descriptors &descriptors);
  // Runs blocks first … first + count − 1 of the prepared launch.
  void run(std::uint32_t first, std::uint32_t count);

  std::uint32_t index() const { return index_; }
  int thread_id() const { return thread_id_.load(std::memory_order_relaxed); }  // the system's; 0 = none yet
  // What this worker is running now; null between blocks. For the fault record, read on the worker's own thread.
  const wire::Command *command() const { return active_ ? command_ : nullptr; }
  std::uint32_t block() const { return block_; }

  // The worker of the calling thread, or null. Async-signal-safe.
  static const Worker *current() noexcept;
  void bind_to_thread() noexcept;
  // Called by what prints on the worker's own thread: end ends the line when the block has ended.
  void note_output(void (*end)() noexcept) const noexcept { end_output_ = end; }

 private:
  struct View;   // the 50 words and the two contexts that a kernel sees
  struct Frame;  // one of them, and what it is copied from
  struct CCall;  // the prepared call of convention C
  using Entry = void (*)(std::int64_t *);

  void run_blocks(std::uint32_t first, std::uint32_t count);
  void begin_block(std::uint32_t block) noexcept;
  void end_block() const noexcept;
  void run_with_array(std::uint32_t first, std::uint32_t count);
  void run_with_c_parameters(std::uint32_t first, std::uint32_t count);

  std::uint32_t index_;
  wire::Deaths &deaths_;
  std::atomic<int> thread_id_{0};
  std::uint32_t block_ = 0;
  volatile bool active_ = false;  // read by a signal handler on the same thread
  const wire::Command *command_ = nullptr;
  std::unique_ptr<Frame> frame_;
  std::unique_ptr<CCall> call_;
  hooks::Binding binding_ = {};  // what the tile library's hooks tell on this thread
  bool bound_ = false;
  mutable void (*end_output_)() noexcept = nullptr;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WORKER_HPP_
