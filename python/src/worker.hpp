// SPDX-License-Identifier: Apache-2.0
//
// hal::ChipWorker for Python: every call releases the global lock, and shared memory may outlive the worker.
#ifndef NPUHAL_WORKER_HPP_
#define NPUHAL_WORKER_HPP_

#include <pybind11/pybind11.h>
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "arguments.hpp"
#include "device_use.hpp"
#include "gil.hpp"
#include "hal/chip_worker.hpp"
#include "interrupts.hpp"
#include "shared_block.hpp"

namespace npuhal {

// A queued launch and the objects that must live until it is done. Destroy it with the global lock held.
class Submission {
 public:
  Submission(const pybind11::sequence &values, pybind11::object kernel)
      : arguments(values), kernel(std::move(kernel)) {}

  Arguments arguments;
  pybind11::object kernel;
  hal::ChipWorker::Ticket ticket;
  std::uint64_t resets = 0;  // of the worker, before the submit
};

class Worker {
 public:
  Worker();

  // In a forked child of the process that called init, each method throws the error of libhal.
  void init(const std::string &backend, std::optional<std::uint32_t> device);
  // Frees everything that the worker made, then ends its use of the device. Shared memory with views stays until its
  // last view is released. Returns the number of bytes of shared memory that were not freed before.
  std::uint64_t finalize();
  // Resets the device and initialises the worker again. Throws BufferError while views of shared memory of the device
  // live.
  void reset();

  std::shared_ptr<SharedBlock> allocate_shared(std::uint64_t size_bytes);
  // Closes the shared memory of this worker that starts at the host pointer. Returns the result and the size in bytes,
  // or nothing if there is no such memory.
  std::optional<std::pair<SharedBlock::Closed, std::uint64_t>> free_shared(std::uint64_t host_ptr);
  bool has_shared(std::uint64_t host_ptr) const;
  const std::shared_ptr<SharedBlocks> &shared_blocks() const noexcept { return blocks_; }

  hal_device_addr_t allocate(std::uint64_t size_bytes);
  void release(hal_device_addr_t addr);
  void copy_to(hal_device_addr_t dst, const pybind11::handle &src);
  void copy_from(const pybind11::handle &dst, hal_device_addr_t src);
  // Keeps a reference to the object until unregister_host, so that it cannot be resized or freed.
  hal_device_addr_t register_host(const pybind11::handle &data);
  void unregister_host(const pybind11::handle &data);

  hal::KernelBinary load_file(const std::string &path);
  hal::KernelBinary load_bytes(const pybind11::handle &bytes);
  void unload(hal::KernelBinary binary);
  void run(hal::Kernel kernel, std::unique_ptr<Arguments> arguments, const hal::RunOptions &options);
  // Keeps a reference to the submission until it was waited for, or until finalize or reset.
  void submit(hal::Kernel kernel, const std::shared_ptr<Submission> &submission, const hal::RunOptions &options);
  // Waits without a time limit. Throws the failure of the submission; CANCELLED after a reset of the device.
  void wait(const Submission &submission);

  void check();
  std::optional<std::uint64_t> query(hal_property_t property);
  hal_backend_info_t backend_info();
  hal_device_info_t device_info();
  bool lost() const;
  bool initialised() const noexcept { return process_ != 0; }
  // Whether work of the device, or a load that a signal ended, still runs.
  bool busy();
  // At the end of the process: leaves everything to the operating system, so that nothing waits for work that still
  // runs. The worker must not be used afterwards.
  void abandon();

 private:
  // Python objects whose memory is in use by work that a signal has ended the wait for. The worker's work runs in
  // order, so work that was started later and is done proves that this work is done, too.
  class Left {
   public:
    std::uint64_t mark() const noexcept { return next_; }
    template <typename Object>
    void keep(Object object) {
      objects_.emplace(next_++, std::make_shared<Object>(std::move(object)));
    }
    void release_before(std::uint64_t mark) { objects_.erase(objects_.begin(), objects_.lower_bound(mark)); }
    void clear() { objects_.clear(); }

   private:
    std::map<std::uint64_t, std::shared_ptr<void>> objects_;
    std::uint64_t next_ = 0;
  };

  class PausedWaits;

  // Runs body, which uses the memory of held. If a signal ends it, keeps held.
  template <typename Held, typename Call>
  void call_with(Held held, Call &&body);
  // Runs a load, on a thread of its own if a signal can end the wait for it. body owns everything that it uses.
  template <typename Call>
  hal::KernelBinary load(Call body);
  void refuse_signal_handler(const char *function) const;

  // Runs one call without the global lock, and notes a lost device.
  template <typename Call>
  auto call(Call &&body);
  std::shared_ptr<DeviceUse> use() const;
  std::uint64_t free_blocks(const DeviceUse &used, std::exception_ptr &first);

  const std::shared_ptr<hal::ChipWorker> chip_ = std::make_shared<hal::ChipWorker>();
  std::atomic<pid_t> process_ = 0;  // the process that called init; 0 = not initialised
  const std::shared_ptr<SharedBlocks> blocks_ = std::make_shared<SharedBlocks>();
  mutable std::mutex mutex_;
  std::shared_ptr<DeviceUse> use_;
  std::unordered_map<void *, std::unique_ptr<Bytes>> registered_;          // guarded by the global lock
  Left left_;                                                              // guarded by the global lock
  std::map<const Submission *, std::shared_ptr<Submission>> submissions_;  // guarded by the global lock
  int main_calls_ = 0;  // of the main thread; guarded by the global lock
  const std::shared_ptr<std::atomic<int>> loads_left_ = std::make_shared<std::atomic<int>>(0);

  // A reset ends the waits for submissions first.
  std::atomic<bool> resetting_ = false;
  std::uint64_t resets_ = 0;   // guarded by mutex_
  std::uint64_t waiters_ = 0;  // guarded by mutex_
  std::condition_variable reset_changed_;
};

}  // namespace npuhal

#endif  // NPUHAL_WORKER_HPP_
