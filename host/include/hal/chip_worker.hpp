// SPDX-License-Identifier: Apache-2.0
//
// hal::ChipWorker: what a C++ runtime calls to use one device. Library libhalhost; its C++ ABI is not promised.
//
//   hal::ChipWorker worker;
//   worker.init("a2a3-sim");
//   hal::Kernel add = worker.load("vector_add.so").kernel("vector_add");
//   worker.run(add, {hal::in(a), hal::in(b), hal::out(c), hal::scalar(n)});
//   worker.finalize();
//
// Everything throws hal::Error, which carries the whole story of the failure, and a failing call changes nothing unless
// its comment says so. Any method but init before init() or after finalize(): FAILED_PRECONDITION.
//
// Threads: any method may be called from any thread at any time, only construction and destruction exclude the rest.
// Submits are put in order by a lock of the worker's; nothing waits for the device while holding a lock, so a thread in
// wait, run or a copy never blocks the others. finalize() lets calls under way end first.
//
// Several workers on one device, in one process, share it: each sees the others' addresses in copies and launches, each
// has a stream of its own, and each frees only what it made.
#ifndef HAL_CHIP_WORKER_HPP_
#define HAL_CHIP_WORKER_HPP_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hal/hal.hpp"
#include "hal/worker_arguments.hpp"

#define HAL_HOST_API __attribute__((visibility("default")))

namespace hal {

// Memory that host and kernels use in place: the host through host_ptr, kernels through device_addr.
struct SharedMemory {
  void *host_ptr = nullptr;
  hal_device_addr_t device_addr = 0;
  std::uint64_t size_bytes = 0;
};

// A kernel object that a worker loaded. A value; it stays loaded until unload() or finalize(), and its kernels with it.
class KernelBinary {
 public:
  KernelBinary() noexcept = default;
  explicit KernelBinary(hal_executable_t handle) noexcept : handle_(handle) {}
  // The kernel of that name; empty = "kernel_entry". NOT_FOUND: none of that name; INVALID_ARGUMENT: unloaded
  // meanwhile.
  HAL_HOST_API Kernel kernel(std::string_view name = {}) const;
  hal_executable_t handle() const noexcept { return handle_; }

 private:
  hal_executable_t handle_ = nullptr;
};

// What a launch may say beside its arguments; the defaults are those of hal_launch_desc_t.
struct RunOptions {
  std::uint32_t block_count = 1;
  hal_engine_mask_t engine = 0;  // HAL_ENGINE_AIC, AIV or AICPU; 0 = what the object says, else AIV
  hal_convention_t convention = HAL_CONVENTION_DEFAULT;
  std::uint64_t timeout_ns = 0;  // how long the kernel may run; 0 = the device's own limit
  const char *tag = nullptr;     // for reports; copied
};

class HAL_HOST_API ChipWorker {
 public:
  // One submit: its copies in, its launch, its copies back. A value; good until finalize().
  struct Ticket {
    hal_stream_t stream = nullptr;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  // An idle worker; touches nothing.
  ChipWorker();
  // finalize(), if that is due; what it would throw goes to stderr as one line. In a forked child: nothing at all.
  ~ChipWorker();
  ChipWorker(const ChipWorker &) = delete;
  ChipWorker &operator=(const ChipWorker &) = delete;

  // Starts libhal, selects the backend (as hal_backend_select; empty = HAL_BACKEND of the environment), opens the
  // device and creates the worker's stream. Again after finalize() it starts anew; FAILED_PRECONDITION while
  // initialised.
  void init(std::string_view backend = {}, std::uint32_t device = HAL_DEVICE_DEFAULT);

  // Waits for the worker's work, frees what it made in reverse order, closes the device, ends its use of libhal. Does
  // nothing on a worker that is not initialised. A step that fails does not stop the others; the first such failure is
  // thrown at the end, and the worker is finalized all the same. A lost device is no failure. Work that failed without
  // ever being waited for is named on stderr.
  void finalize();

  // Device memory, not initialised; freed by release() with exactly this address. OUT_OF_MEMORY.
  hal_device_addr_t allocate(std::uint64_t size_bytes);
  // INVALID_ARGUMENT for any address but one that this worker's allocate() gave; BUSY while a submit uses the memory.
  // KERNEL_FAULT: a kernel has written outside of it (hal_device_check); it is freed all the same.
  void release(hal_device_addr_t addr);

  // Blocking copies of size_bytes between host memory and device memory of anyone in this process, from any address in
  // an allocation. They run after everything submitted before them. INVALID_ARGUMENT: not device memory (memory that is
  // mapped needs no copy: use the host's pointer); OUT_OF_RANGE: beyond the allocation.
  void copy_to(hal_device_addr_t dst, const void *src, std::uint64_t size_bytes);
  void copy_from(void *dst, hal_device_addr_t src, std::uint64_t size_bytes);

  // Zeroed, page-aligned host memory, mapped for the device; freed by free_host_device_share_mem(host_ptr).
  SharedMemory malloc_host_device_share_mem(std::uint64_t size_bytes);
  // INVALID_ARGUMENT for any pointer but the start of what this worker allocated; BUSY while a submit uses it.
  void free_host_device_share_mem(void *host_ptr);

  // Maps whole pages that the caller owns for the device, in place, and gives their device address; the rules are those
  // of hal_mem_register. The pages stay the caller's and must live until unregister_host(ptr).
  hal_device_addr_t register_host(void *ptr, std::uint64_t size_bytes);
  // INVALID_ARGUMENT for any pointer but one that this worker registered; BUSY while a submit uses it.
  void unregister_host(void *ptr);

  // Loads a kernel object by content; file and bytes are not needed afterwards. INVALID_ARGUMENT: not an object for
  // this backend; NOT_FOUND: no such file.
  KernelBinary load(const std::string &path);
  KernelBinary load(std::span<const std::byte> bytes);
  // INVALID_ARGUMENT for another worker's; BUSY while a launch of one of its kernels is not done.
  void unload(KernelBinary binary);

  // One launch, done when this returns: OUT and INOUT data are back in host memory. On failure nothing of it is left on
  // the device and no host memory is used any longer; the contents of OUT and INOUT data are then unspecified.
  void run(Kernel kernel, std::span<const Argument> args, const RunOptions &options = {});
  void run(Kernel kernel, std::initializer_list<Argument> args, const RunOptions &options = {}) {
    run(kernel, std::span(args.begin(), args.size()), options);
  }

  // Queues one launch with its copies. Host data of the arguments live, and IN data stay unchanged, until the ticket
  // has been waited for, which also frees its staging buffers (finalize() does, at the latest).
  [[nodiscard]] Ticket submit(Kernel kernel, std::span<const Argument> args, const RunOptions &options = {});
  [[nodiscard]] Ticket submit(Kernel kernel, std::initializer_list<Argument> args, const RunOptions &options = {}) {
    return submit(kernel, std::span(args.begin(), args.size()), options);
  }
  // Waits for a ticket of this worker at most timeout_ns nanoseconds. TIMEOUT: not done yet, wait again; any other
  // failure is the submit's own, and is thrown by every wait for it. But for one: a kernel has written outside of a
  // staging buffer, KERNEL_FAULT that names the argument, from the wait that frees the buffer.
  void wait(const Ticket &ticket, std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER);

  // Throws KERNEL_FAULT if a kernel has written outside of an allocation of the device's memory, anyone's, or into one
  // that was freed: hal_device_check. After work that has been waited for. UNSUPPORTED: the backend does not look for
  // that.
  void check();

  // What this worker runs on; the strings live until finalize().
  hal_backend_info_t backend_info() const;
  hal_device_info_t device_info() const;
  // A property (HAL_PROPERTY_*) of the device; nothing if it does not know it.
  std::optional<std::uint64_t> query(hal_property_t property) const;
  // For calls of hal.h on the same device; open until finalize(). The worker's stream is not to be submitted to.
  hal_device_t device() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hal

#endif  // HAL_CHIP_WORKER_HPP_
