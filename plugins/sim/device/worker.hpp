// SPDX-License-Identifier: Apache-2.0
//
// A worker runs blocks of launches on one thread. It prepares the arguments of each block and calls the kernel.
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
  // kill_points and storage outlive the worker.
  Worker(std::uint32_t index, wire::KillPoints &kill_points, SharedStorage &storage);
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  // Prepares for blocks of one launch. command and descriptors stay valid until the launch's last block is done.
  void prepare(const wire::Command &command, wire::Descriptors &descriptors);
  // Runs the blocks first … first + count − 1 of the prepared launch.
  void run(std::uint32_t first, std::uint32_t count);

  std::uint32_t index() const { return index_; }
  // The thread's id in the operating system; 0: the thread has not started yet.
  int thread_id() const { return thread_id_.load(std::memory_order_relaxed); }
  // The launch that this worker runs, or null between blocks. Only for the worker's own thread, which writes fault
  // records.
  const wire::Command *command() const { return active_ ? command_ : nullptr; }
  std::uint32_t block() const { return block_; }

  // The worker of the calling thread, or null. Async-signal-safe.
  static const Worker *current() noexcept;
  void bind_to_thread() noexcept;
  // Calls end once when the running block has ended, to finish its line of output. Only on the worker's own thread.
  void note_output(void (*end)() noexcept) const noexcept { end_output_ = end; }

 private:
  struct View;   // the 50 words and the two contexts that a kernel sees
  struct Frame;  // a view, and the original that it is copied from
  struct CCall;  // the prepared call of convention C
  using Entry = void (*)(std::int64_t *);

  void run_blocks(std::uint32_t first, std::uint32_t count);
  void begin_block(std::uint32_t block) noexcept;
  void end_block() const noexcept;
  void run_with_array(std::uint32_t first, std::uint32_t count);
  void run_with_c_parameters(std::uint32_t first, std::uint32_t count);

  std::uint32_t index_;
  wire::KillPoints &kill_points_;
  std::atomic<int> thread_id_{0};
  std::uint32_t block_ = 0;
  volatile bool active_ = false;  // read by a signal handler on the same thread
  const wire::Command *command_ = nullptr;
  std::unique_ptr<Frame> frame_;
  std::unique_ptr<CCall> call_;
  hooks::Binding binding_ = {};  // what the tile library's hooks return on this thread
  bool bound_ = false;
  mutable void (*end_output_)() noexcept = nullptr;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_WORKER_HPP_
