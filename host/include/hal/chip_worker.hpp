// SPDX-License-Identifier: Apache-2.0
//
// hal::ChipWorker: what a C++20 runtime calls to use one device. It is in the library libhalhost. Its C++ ABI may
// change with every release.
//
//   hal::ChipWorker worker;
//   worker.init("a2a3-sim");
//   hal::Kernel add = worker.load("vector_add.so").kernel("vector_add");
//   worker.run(add, {hal::in(a), hal::in(b), hal::out(c), hal::scalar(n)});
//   worker.finalize();
//
// Rules for all methods of ChipWorker:
//   Threads: any thread may call any method at any time. Only the constructor and the destructor must not overlap with
//     another call. A lock of the worker puts submits in order. No call holds a lock while it waits for the device, so
//     a thread in wait, run or a copy never blocks the others. finalize() first lets running calls end.
//   Errors: every method throws hal::Error, which has the details of the failure. A call that fails changes nothing,
//     unless its comment says so. Before init() and after finalize(), every method except init() and finalize() throws
//     FAILED_PRECONDITION. The comments list further errors, one per line.
//
// Several workers on one device in one process share the device. In copies and launches, each worker can use the
// addresses of the others. Each has a stream of its own, and each frees only what it made.
#ifndef HAL_CHIP_WORKER_HPP_
#define HAL_CHIP_WORKER_HPP_

#if __cplusplus <= 201703L
#error Compile hal/chip_worker.hpp as C++20 or later, for example with -std=c++20.
#endif

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

// Shared memory, which host and kernels use in place: the host through host_ptr, kernels through device_addr.
struct SharedMemory {
  void *host_ptr = nullptr;
  hal_device_addr_t device_addr = 0;
  std::uint64_t size_bytes = 0;
};

// A kernel object that a worker loaded. It is a plain value. The object and its kernels stay loaded until unload() or
// finalize().
class KernelBinary {
 public:
  KernelBinary() noexcept = default;
  explicit KernelBinary(hal_executable_t handle) noexcept : handle_(handle) {}
  // Finds a kernel by its name; empty = "kernel_entry".
  //
  // Errors:
  //   NOT_FOUND: the object has no kernel of this name
  //   INVALID_ARGUMENT: the object has been unloaded
  HAL_HOST_API Kernel kernel(std::string_view name = {}) const;
  hal_executable_t handle() const noexcept { return handle_; }

 private:
  hal_executable_t handle_ = nullptr;
};

// The options of a launch. The defaults are those of hal_launch_desc_t.
struct RunOptions {
  std::uint32_t block_count = 1;
  hal_engine_mask_t engine = 0;  // HAL_ENGINE_AIC, AIV or AICPU; 0 = the engine that the object states, else AIV
  hal_convention_t convention = HAL_CONVENTION_DEFAULT;
  std::uint64_t timeout_ns = 0;  // time limit of the kernel; 0 = the device's default
  const char *tag = nullptr;     // a name for reports; the worker copies it
};

// One device, with a stream, memory and kernel objects.
class HAL_HOST_API ChipWorker {
 public:
  // One submit: its copies to the device, its launch, and its copies back. It is a plain value, valid until finalize().
  struct Ticket {
    hal_stream_t stream = nullptr;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  // Makes a worker that is not initialised. It opens nothing.
  ChipWorker();
  // Calls finalize() if that is needed. If finalize() fails, one line on stderr has the error. In a forked child, the
  // destructor does nothing.
  ~ChipWorker();
  ChipWorker(const ChipWorker &) = delete;
  ChipWorker &operator=(const ChipWorker &) = delete;

  // Starts libhal, selects the backend, opens the device and creates the stream of the worker. After finalize(), a
  // worker can be initialised again.
  //
  // backend  as for hal_backend_select; empty = the environment variable HAL_BACKEND
  // device   ordinal of the device
  // Errors:
  //   FAILED_PRECONDITION: the worker is initialised
  //   the errors of hal_init, hal_backend_select and hal_device_open
  void init(std::string_view backend = {}, std::uint32_t device = HAL_DEVICE_DEFAULT);

  // Waits for the work of the worker, frees what the worker made, newest first, closes the device, and ends the use of
  // libhal. It does nothing on a worker that is not initialised. If a step fails, the other steps still run, the worker
  // is finalized, and the first failure is thrown at the end. A lost device is not a failure. If work failed and nobody
  // waited for it, one line on stderr has the error.
  //
  // Errors:
  //   FAILED_PRECONDITION: called in a forked child, where nothing changes; or the caller unmapped registered pages
  //   KERNEL_FAULT: a kernel wrote outside of memory of the worker
  //   CANCELLED: see set_interrupted(); the worker stays initialised
  void finalize();

  // Allocates device memory, which is not initialised, and returns its address. size in bytes.
  //
  // Ownership: release() with exactly this address frees it; finalize() does so at the latest.
  // Errors:
  //   INVALID_ARGUMENT: the size is 0
  //   OUT_OF_MEMORY: the device has less free memory
  hal_device_addr_t allocate(std::uint64_t size_bytes);
  // Frees memory of allocate().
  //
  // Errors:
  //   INVALID_ARGUMENT: allocate() of this worker did not return this address
  //   BUSY: a submit uses the memory
  //   KERNEL_FAULT: a kernel wrote outside of the memory (see hal_device_check); it is freed
  void release(hal_device_addr_t addr);

  // Copies size_bytes between host memory and device memory, and returns when the copy is done. The copy runs after all
  // work that this worker submitted before.
  //
  // dst or src  a device address anywhere in an allocation of this process, also of another worker
  // Errors:
  //   INVALID_ARGUMENT: the address is not device memory. Mapped memory needs no copy: use its host pointer.
  //   OUT_OF_RANGE: the range is outside of the allocation
  void copy_to(hal_device_addr_t dst, const void *src, std::uint64_t size_bytes);
  void copy_from(void *dst, hal_device_addr_t src, std::uint64_t size_bytes);

  // Allocates zeroed, page-aligned host memory that is mapped for the device. size in bytes.
  //
  // Ownership: free_host_device_share_mem(host_ptr) frees it; finalize() does so at the latest.
  // Errors:
  //   INVALID_ARGUMENT: the size is 0
  //   OUT_OF_MEMORY: the device cannot map so much
  SharedMemory malloc_host_device_share_mem(std::uint64_t size_bytes);
  // Frees memory of malloc_host_device_share_mem().
  //
  // Errors:
  //   INVALID_ARGUMENT: the pointer is not the start of shared memory that this worker allocated
  //   BUSY: a submit uses the memory
  void free_host_device_share_mem(void *host_ptr);

  // Maps whole pages of the caller for the device, in place, and returns their device address. size in bytes. The rules
  // and errors are those of hal_mem_register.
  //
  // Ownership: the caller keeps the pages. They must stay valid until unregister_host(ptr) or finalize().
  hal_device_addr_t register_host(void *ptr, std::uint64_t size_bytes);
  // Ends a registration of register_host().
  //
  // Errors:
  //   INVALID_ARGUMENT: this worker did not register this pointer
  //   BUSY: a submit uses the memory
  //   FAILED_PRECONDITION: the caller unmapped the pages before; the registration has ended
  void unregister_host(void *ptr);

  // Loads a kernel object from a file or from bytes. The content decides: if the file has changed, a new load gives the
  // new code.
  //
  // Ownership: file and bytes are not needed after the call. unload() unloads the object; finalize() does so at the
  //   latest.
  // Errors:
  //   NOT_FOUND: there is no such file
  //   INVALID_ARGUMENT: it is not a kernel object for this backend
  KernelBinary load(const std::string &path);
  KernelBinary load(std::span<const std::byte> bytes);
  // Unloads a kernel object.
  //
  // Errors:
  //   INVALID_ARGUMENT: this worker did not load it, or has unloaded it
  //   BUSY: a launch of one of its kernels is not done
  void unload(KernelBinary binary);

  // Runs one launch, and returns when it is done and the OUT and INOUT data are in host memory.
  //
  // Errors: any error of submit() and wait(). After a failure, nothing of the launch is left on the device, and no host
  // memory of the caller is used any more. The contents of OUT and INOUT data are then unspecified.
  void run(Kernel kernel, std::span<const Argument> args, const RunOptions &options = {});
  void run(Kernel kernel, std::initializer_list<Argument> args, const RunOptions &options = {}) {
    run(kernel, std::span(args.begin(), args.size()), options);
  }

  // Queues one launch with its copies, and returns a ticket.
  //
  // Lifetime: host data of the arguments must stay valid, and IN data unchanged, until the ticket has been waited for.
  //   That wait also frees the staging buffers; finalize() does so at the latest.
  // Errors:
  //   INVALID_ARGUMENT: an argument is wrong; the message names its place in the list
  //   BUSY: IN data are the output of a submit that has not been waited for
  //   OUT_OF_MEMORY: the device has no memory for a staging buffer
  //   the errors of hal_kernel_launch
  [[nodiscard]] Ticket submit(Kernel kernel, std::span<const Argument> args, const RunOptions &options = {});
  [[nodiscard]] Ticket submit(Kernel kernel, std::initializer_list<Argument> args, const RunOptions &options = {}) {
    return submit(kernel, std::span(args.begin(), args.size()), options);
  }
  // Waits until a submit of this worker is done, at most timeout_ns nanoseconds.
  //
  // Errors:
  //   TIMEOUT: the submit was not done in time; wait again
  //   INVALID_ARGUMENT: the ticket is not from this worker, or from before finalize()
  //   KERNEL_FAULT that names an argument: a kernel wrote outside of a staging buffer. Only the wait that frees the
  //     buffer throws it.
  //   any other error: the failure of the submit. Every wait for it throws this error.
  void wait(const Ticket &ticket, std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER);

  // Sets a function that can end waits. While run, wait, copy_to, copy_from or finalize waits for the device, the
  // worker calls it about every 50 ms, on the waiting thread and without a lock. If it returns true, the call throws
  // CANCELLED with the component "chip_worker":
  //   run, wait, copy_to, copy_from: the work goes on. Host memory that it uses must stay valid until later work of
  //   this
  //     worker is done, or until finalize().
  //   finalize: the worker stays initialised.
  // The function must not call finalize() of this worker. Other methods are allowed.
  //
  // interrupted  null = waits do not end early (the default)
  // Threads: no other call on this worker may run at the same time.
  void set_interrupted(bool (*interrupted)());

  // Checks all device memory for writes by kernels outside of allocations, also those of other users of the device, and
  // into allocations that were freed. See hal_device_check. Wait for the work first.
  //
  // Errors:
  //   KERNEL_FAULT: a kernel made such a write
  //   UNSUPPORTED: the backend does not check
  void check();

  // Returns facts about the backend and the device of this worker.
  //
  // Lifetime: the strings are valid until finalize().
  hal_backend_info_t backend_info() const;
  hal_device_info_t device_info() const;
  // Returns a property (HAL_PROPERTY_*) of the device, or nullopt if the device does not know it.
  std::optional<std::uint64_t> query(hal_property_t property) const;
  // Returns the device, for calls of hal.h. Do not submit to the stream of the worker.
  //
  // Lifetime: the device stays open until finalize().
  hal_device_t device() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hal

#endif  // HAL_CHIP_WORKER_HPP_
