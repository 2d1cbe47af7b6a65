// SPDX-License-Identifier: Apache-2.0
//
// The implementation of hal::ChipWorker. It has two locks. state_mutex_ guards the members below it, and is held for a
// few instructions. submit_mutex_ puts submits to the worker's stream in order. Lock submit_mutex_ first. No wait holds
// a lock.
#ifndef HAL_HOST_WORKER_IMPL_HPP_
#define HAL_HOST_WORKER_IMPL_HPP_

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "hal/chip_worker.hpp"
#include "prepared_launch.hpp"

namespace hal {

// The time between two calls of the function that can end a wait.
inline constexpr std::uint64_t kSliceNs = 50'000'000;

class ChipWorker::Impl {
 public:
  ~Impl();

  // One running call. It throws if the worker is not initialised, and finalize() waits until it ends.
  class Call {
   public:
    Call(Impl &impl, const char *function);
    ~Call();
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;

   private:
    Impl &impl_;
  };

  // The methods of ChipWorker, inside a Call where they need one.
  void init(std::string_view backend, std::uint32_t ordinal);
  void finalize();
  hal_device_addr_t allocate(std::uint64_t size_bytes);
  void release(hal_device_addr_t addr);
  void copy(hal_device_addr_t addr, std::uint64_t size_bytes, const void *src, void *dst);
  SharedMemory allocate_shared(std::uint64_t size_bytes);
  hal_device_addr_t register_host(void *ptr, std::uint64_t size_bytes);
  // Frees the mapped memory of the given kind that starts at the host pointer; function is for messages.
  void free_mapped(void *ptr, hal_mem_kind_t kind, const char *function);
  template <typename Source>
  KernelBinary load(const Source &source) {
    return keep(device_.load(source));
  }
  void unload(KernelBinary binary);
  Ticket submit(Kernel kernel, std::span<const Argument> args, const RunOptions &options, const char *function);
  void wait(const Ticket &ticket, std::uint64_t timeout_ns);
  void run(Kernel kernel, std::span<const Argument> args, const RunOptions &options);
  void set_interrupted(bool (*interrupted)()) noexcept { interrupted_ = interrupted; }

  const Device &device() const noexcept { return device_; }
  const Backend &backend() const noexcept { return backend_; }
  // Whether this is the process that called init(), not a forked child.
  bool in_own_process() const noexcept;

 private:
  enum class State { kNew, kStarting, kReady, kFinalizing, kFinalized };

  // An object that the worker made. The caller frees it, or finalize() does.
  struct Owned {
    std::uint64_t sequence;
    std::variant<Memory, Executable> object;
  };
  // A submit with staging buffers that has not been waited for.
  struct Pending {
    std::uint64_t last;
    std::vector<Memory> buffers;
    std::vector<Staged> staged;
  };
  using OwnedMap = std::unordered_map<const void *, Owned>;  // the key is the value of the handle

  // Waits for a ticket of the worker's stream, as hal_stream_wait does. Throws Interrupted.
  hal_status_t wait_for(std::uint64_t ticket, std::uint64_t timeout_ns, const char *function) const;
  void wait_for_calls(std::unique_lock<std::mutex> &lock);
  void start(std::string_view backend, std::uint32_t ordinal);
  void tear_down();
  void free_owned(std::optional<Error> &first);
  void report_unwaited_failure() noexcept;
  KernelBinary keep(Executable executable);
  void keep(Memory memory);
  void free_memory(const hal_mem_info_t &info, hal_mem_kind_t kind, const std::string &what, const char *function);
  void close_owned(OwnedMap::node_type node);
  void queue(const PreparedLaunch &prepared, Kernel kernel, const RunOptions &options, Ticket &ticket);
  void refuse_unwaited_data(const PreparedLaunch &prepared, const char *function) const;
  void settle(const Ticket &queued, const Error &failure) const;
  std::optional<Error> free_staging(std::uint64_t up_to);
  Error root_cause(const Ticket &ticket, const Error &found) const;

  // init() sets these. They do not change while the worker is ready.
  std::optional<Library> library_;
  Backend backend_;
  Device device_;
  Stream stream_;
  std::atomic<pid_t> process_ = 0;

  bool (*interrupted_)() = nullptr;

  std::mutex submit_mutex_;

  mutable std::mutex state_mutex_;
  std::condition_variable idle_;
  State state_ = State::kNew;
  std::uint64_t calls_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t last_submitted_ = 0;
  std::uint64_t last_queued_ = 0;  // the newest ticket of a submit or a copy
  std::uint64_t last_waited_ = 0;
  OwnedMap owned_;
  std::list<Pending> pending_;  // in the order of their tickets
};

}  // namespace hal

#endif  // HAL_HOST_WORKER_IMPL_HPP_
