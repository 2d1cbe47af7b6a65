// SPDX-License-Identifier: Apache-2.0
//
// libhal for C++20: classes that own the handles of hal.h, and exceptions for its errors. This header needs only libhal
// and the standard library.
//
//   hal::Library library;
//   hal::Device device(hal::Backend::select("a2a3-sim"));
//   hal::Memory x = device.allocate(HAL_MEM_HOST_MAPPED, 4096);
//   hal::Executable object = device.load("add_one.so");
//   hal::Launch(object.find("add_one")).arg(hal::mem(x)).arg(hal::scalar(1024u)).submit(device).wait();
//
// Rules for all classes that own an object:
//   Ownership: they can be moved, not copied. On an empty one (default-constructed or moved from), every call throws
//     INVALID_ARGUMENT. Destroy it before the Device that made it, and the Device before the Library, as happens with
//     local variables.
//   Destructors never throw. If the object is BUSY, the destructor waits for the work of the device, which the time
//     limits of the launches bound, and tries once more. If that fails too, the leak report of libhal names the object
//     when the device closes.
//   close() ends the object at once. If the object is BUSY, close() throws and does not wait.
//   Threads: as in hal.h. No other thread may use an object while it is moved, closed or destroyed.
//   Errors: functions throw hal::Error, unless they are noexcept.
// The errors of each function are those of the function of hal.h with the same name.
#ifndef HAL_HAL_HPP_
#define HAL_HAL_HPP_

#if __cplusplus <= 201703L
#error Compile hal/hal.hpp as C++20 or later, for example with -std=c++20.
#endif

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hal/detail/arguments.hpp"
#include "hal/detail/error.hpp"
#include "hal/hal.h"

namespace hal {

namespace detail {

template <typename T>
T sized() noexcept {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}

// Owns one handle, and the function that ends it.
template <typename Handle>
class Owner {
 public:
  using Release = hal_status_t (*)(Handle);

  Owner() noexcept = default;
  Owner(Handle handle, Release release, hal_device_t device) noexcept
      : handle_(handle), release_(release), device_(device) {}
  Owner(Owner &&other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), release_(other.release_), device_(other.device_) {}
  Owner &operator=(Owner &&other) noexcept {
    Owner taken(std::move(other));
    std::swap(handle_, taken.handle_);
    std::swap(release_, taken.release_);
    std::swap(device_, taken.device_);
    return *this;
  }
  ~Owner() {
    if (handle_ == nullptr || release_(handle_) != HAL_ERR_BUSY) return;
    if (device_ != nullptr) (void)hal_device_wait(device_, HAL_TIMEOUT_FOREVER);
    (void)release_(handle_);
  }

  // Ends the object now. It does nothing if this is empty.
  //
  // Ownership: on failure this keeps the object, except after KERNEL_FAULT.
  // Errors:
  //   BUSY: work or another call uses the object; try again later
  //   KERNEL_FAULT: the memory was damaged; it is freed
  void close() {
    if (handle_ == nullptr) return;
    const hal_status_t status = release_(handle_);
    if (status == HAL_OK || status == HAL_ERR_KERNEL_FAULT) handle_ = nullptr;
    check(status);
  }
  // Passes the object to the caller and leaves this empty. The caller ends the object with the function of hal.h.
  [[nodiscard]] Handle release() noexcept { return std::exchange(handle_, nullptr); }
  Handle handle() const noexcept { return handle_; }
  hal_device_t device() const noexcept { return device_; }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  Handle handle_ = nullptr;
  Release release_ = nullptr;
  hal_device_t device_ = nullptr;
};

}  // namespace detail

// Holds one hal_init, and calls hal_shutdown at its end. Both are counted, so a library and a program may each have
// one.
class Library {
 public:
  Library() { check(hal_init(HAL_ABI_DRAFT)); }
  Library(Library &&other) noexcept : live_(std::exchange(other.live_, false)) {}
  Library &operator=(Library &&other) noexcept {
    std::swap(live_, other.live_);
    return *this;
  }
  ~Library() {
    if (live_) (void)hal_shutdown();
  }
  // Calls hal_shutdown now.
  //
  // Errors:
  //   BUSY: this is the last one, and devices are open
  void close() {
    if (live_) check(hal_shutdown());
    live_ = false;
  }

 private:
  bool live_ = true;
};

// A usable backend. It is a plain value that owns nothing. It is valid until the last hal_shutdown.
class Backend {
 public:
  Backend() noexcept = default;
  explicit Backend(hal_backend_t handle) noexcept : handle_(handle) {}

  // Selects a backend, as hal_backend_select does. An empty spec means the environment variable HAL_BACKEND.
  static Backend select(std::string_view spec = {}) {
    hal_backend_t handle = nullptr;
    check(hal_backend_select(spec.empty() ? nullptr : std::string(spec).c_str(), &handle));
    return Backend(handle);
  }
  hal_backend_info_t info() const {
    auto info = detail::sized<hal_backend_info_t>();
    check(hal_backend_info(handle_, &info));
    return info;
  }
  std::uint32_t device_count() const {
    std::uint32_t count = 0;
    check(hal_device_count(handle_, &count));
    return count;
  }
  hal_backend_t handle() const noexcept { return handle_; }

 private:
  hal_backend_t handle_ = nullptr;
};

// The ticket of a submit. It is a plain value, and valid as long as its stream.
class Ticket {
 public:
  Ticket(hal_stream_t stream, std::uint64_t number) noexcept : stream_(stream), number_(number) {}
  // Waits until the work is done, at most timeout_ns nanoseconds.
  //
  // Errors:
  //   TIMEOUT: the work was not done in time
  //   any other error: the failure of the work
  void wait(std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER) const {
    check(hal_stream_wait(stream_, number_, timeout_ns));
  }
  hal_stream_t stream() const noexcept { return stream_; }
  std::uint64_t number() const noexcept { return number_; }

 private:
  hal_stream_t stream_;
  std::uint64_t number_;
};

// A created stream. The caller serialises submits to one stream. Several threads may wait at the same time.
class Stream : public detail::Owner<hal_stream_t> {
 public:
  using Owner::Owner;
  Ticket ticket(std::uint64_t number) const noexcept { return {handle(), number}; }
  // Returns the newest ticket up to which all work has completed without failure. If a ticket has failed, it throws the
  // failure of the first one.
  std::uint64_t completed() const {
    std::uint64_t number = 0;
    check(hal_stream_query(handle(), &number));
    return number;
  }
};

// An allocation or a registration of any kind.
class Memory : public detail::Owner<hal_mem_t> {
 public:
  using Owner::Owner;

  // Returns addresses, kind, size in bytes, and the engines that can access the memory.
  hal_mem_info_t info() const {
    auto info = detail::sized<hal_mem_info_t>();
    check(hal_mem_info(handle(), &info));
    return info;
  }
  hal_device_addr_t device_addr() const { return info().device_addr; }
  std::uint64_t size_bytes() const { return info().size_bytes; }

  // Returns the memory as the host sees it, in whole elements. It is empty if the host cannot access the memory.
  //
  // Lifetime: the span is valid as long as the memory.
  template <typename T = std::byte>
  std::span<T> host() const {
    const hal_mem_info_t seen = info();
    if (seen.host_ptr == nullptr) return {};
    return {static_cast<T *>(seen.host_ptr), static_cast<std::size_t>(seen.size_bytes / sizeof(T))};
  }

  // Copies size_bytes from host memory to this memory at offset_bytes, through the device's own stream. It returns when
  // the copy is done.
  void copy_to(const void *src, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking([&](hal_stream_t s, std::uint64_t *t) {
      return hal_copy_to_device(s, handle(), offset_bytes, src, size_bytes, t);
    });
  }
  // Copies size_bytes from this memory at offset_bytes to host memory, in the same way.
  void copy_from(void *dst, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking([&](hal_stream_t s, std::uint64_t *t) {
      return hal_copy_from_device(s, dst, handle(), offset_bytes, size_bytes, t);
    });
  }
  // Sets size_bytes bytes at offset_bytes to value, in the same way.
  void fill(std::uint8_t value, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking(
        [&](hal_stream_t s, std::uint64_t *t) { return hal_fill(s, handle(), offset_bytes, size_bytes, value, t); });
  }
  // Makes writes visible while a launch that uses this memory runs, as hal_mem_sync does. direction: HAL_SYNC_*.
  void sync(hal_sync_t direction, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    check(hal_mem_sync(handle(), offset_bytes, size_bytes, direction));
  }

 private:
  template <typename Submit>
  void blocking(Submit submit) const {
    hal_stream_t stream = nullptr;
    check(hal_device_stream(device(), &stream));
    std::uint64_t ticket = 0;
    check(submit(stream, &ticket));
    check(hal_stream_wait(stream, ticket, HAL_TIMEOUT_FOREVER));
  }
};

// A kernel of a loaded object. It is a plain value. After its executable is unloaded, every use of it fails with
// INVALID_ARGUMENT.
class Kernel {
 public:
  Kernel() noexcept = default;
  explicit Kernel(hal_kernel_t handle) noexcept : handle_(handle) {}
  hal_kernel_info_t info() const {
    auto info = detail::sized<hal_kernel_info_t>();
    check(hal_kernel_info(handle_, &info));
    return info;
  }
  hal_kernel_t handle() const noexcept { return handle_; }

 private:
  hal_kernel_t handle_ = nullptr;
};

// A loaded kernel object.
class Executable : public detail::Owner<hal_executable_t> {
 public:
  using Owner::Owner;
  // Finds a kernel by its name; empty = "kernel_entry".
  //
  // Errors:
  //   NOT_FOUND: the object has no kernel of this name
  Kernel find(std::string_view name = {}) const {
    hal_kernel_t kernel = nullptr;
    check(hal_executable_find(handle(), name.empty() ? nullptr : std::string(name).c_str(), &kernel));
    return Kernel(kernel);
  }
};

// One open of a device. All opens of one (backend, ordinal) in a process are the same device.
class Device {
 public:
  Device() noexcept = default;
  explicit Device(Backend backend, std::uint32_t ordinal = HAL_DEVICE_DEFAULT) {
    hal_device_t handle = nullptr;
    hal::check(hal_device_open(backend.handle(), ordinal, &handle));
    owner_ = detail::Owner<hal_device_t>(handle, hal_device_close, nullptr);
  }

  hal_device_info_t info() const {
    auto info = detail::sized<hal_device_info_t>();
    hal::check(hal_device_info(handle(), &info));
    return info;
  }
  // Returns a property (HAL_PROPERTY_*), or nullopt if this device does not know it.
  std::optional<std::uint64_t> query(hal_property_t property) const {
    std::uint64_t value = 0;
    const hal_status_t status = hal_device_query(handle(), property, &value);
    if (status == HAL_ERR_UNSUPPORTED) return std::nullopt;
    hal::check(status);
    return value;
  }

  // Allocates memory of a kind (HAL_MEM_*), size in bytes. The second form takes the whole descriptor.
  Memory allocate(hal_mem_kind_t kind, std::uint64_t size_bytes) const {
    auto desc = detail::sized<hal_mem_desc_t>();
    desc.kind = kind;
    desc.size_bytes = size_bytes;
    return allocate(desc);
  }
  Memory allocate(const hal_mem_desc_t &desc) const {
    hal_mem_t mem = nullptr;
    hal::check(hal_mem_alloc(handle(), &desc, &mem));
    return {mem, hal_mem_free, handle()};
  }
  // Maps the caller's own pages for the device, in place, as hal_mem_register does. size in bytes.
  //
  // Ownership: the caller keeps the pages. They must stay valid until the Memory is closed or destroyed.
  Memory register_host(void *host_ptr, std::uint64_t size_bytes) const {
    auto desc = detail::sized<hal_mem_desc_t>();
    desc.kind = HAL_MEM_HOST_IMPORTED;
    desc.host_ptr = host_ptr;
    desc.size_bytes = size_bytes;
    hal_mem_t mem = nullptr;
    hal::check(hal_mem_register(handle(), &desc, &mem));
    return {mem, hal_mem_unregister, handle()};
  }
  // Finds the memory that contains an address. kind is HAL_MEM_UNKNOWN if libhal does not know the address.
  hal_mem_info_t lookup_host(const void *host_ptr) const {
    auto info = detail::sized<hal_mem_info_t>();
    hal::check(hal_mem_lookup_host(handle(), host_ptr, &info));
    return info;
  }
  hal_mem_info_t lookup_device(hal_device_addr_t addr) const {
    auto info = detail::sized<hal_mem_info_t>();
    hal::check(hal_mem_lookup_device(handle(), addr, &info));
    return info;
  }

  // Returns the device's own stream.
  //
  // Lifetime: it is valid as long as the device is open. It cannot be destroyed.
  // Threads: any thread may submit to it.
  hal_stream_t stream() const {
    hal_stream_t own = nullptr;
    hal::check(hal_device_stream(handle(), &own));
    return own;
  }
  Stream create_stream() const {
    hal_stream_t stream = nullptr;
    hal::check(hal_stream_create(handle(), 0, &stream));
    return {stream, hal_stream_destroy, handle()};
  }
  // Loads a kernel object from a file or from bytes. Neither is needed after the call.
  Executable load(const std::string &path) const {
    hal_executable_t executable = nullptr;
    hal::check(hal_executable_load_file(handle(), path.c_str(), &executable));
    return {executable, hal_executable_unload, handle()};
  }
  Executable load(std::span<const std::byte> bytes) const {
    hal_executable_t executable = nullptr;
    hal::check(hal_executable_load_data(handle(), bytes.data(), bytes.size(), &executable));
    return {executable, hal_executable_unload, handle()};
  }

  // Waits until all work that was submitted to the device is done, at most timeout_ns nanoseconds.
  void wait(std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER) const { hal::check(hal_device_wait(handle(), timeout_ns)); }
  // Throws KERNEL_FAULT if a kernel wrote outside of an allocation. Each damaged allocation is reported once. See
  // hal_device_check.
  void check() const { hal::check(hal_device_check(handle())); }
  // Resets the device, as hal_device_reset does. All objects of the device then have stale handles.
  void reset() const { hal::check(hal_device_reset(handle())); }
  void close() { owner_.close(); }
  hal_device_t handle() const noexcept { return owner_.handle(); }
  explicit operator bool() const noexcept { return static_cast<bool>(owner_); }

 private:
  detail::Owner<hal_device_t> owner_;
};

// As mem() and tensor() of hal/detail/arguments.hpp, for a Memory.
inline hal_arg_t mem(const Memory &memory, std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0,
                     std::uint64_t size_bytes = 0) noexcept {
  return mem(memory.handle(), access, offset_bytes, size_bytes);
}
inline hal_arg_t tensor(const Memory &memory, std::initializer_list<std::uint32_t> shape, hal_dtype_t dtype,
                        std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0) noexcept {
  return tensor(memory.handle(), std::span(shape.begin(), shape.size()), dtype, access, offset_bytes);
}

// Builds one launch. submit() queues it, and may be called several times.
class Launch {
 public:
  explicit Launch(Kernel kernel) : desc_(detail::sized<hal_launch_desc_t>()) {
    desc_.kernel = kernel.handle();
    desc_.block_count = 1;
  }
  Launch &arg(const hal_arg_t &argument) & {
    args_.push_back(argument);
    return *this;
  }
  Launch &&arg(const hal_arg_t &argument) && { return std::move(arg(argument)); }
  Launch &blocks(std::uint32_t count) & {
    desc_.block_count = count;
    return *this;
  }
  Launch &&blocks(std::uint32_t count) && { return std::move(blocks(count)); }
  // Gives access to the rest of the descriptor: engine, convention, timeout_ns, tag. submit() sets args and arg_count.
  hal_launch_desc_t &desc() noexcept { return desc_; }

  // Queues the launch on a created stream, or on the own stream of a device, which must be the device of the kernel.
  Ticket submit(const Stream &stream) { return submit(stream.handle()); }
  Ticket submit(const Device &device) { return submit(device.stream()); }

 private:
  Ticket submit(hal_stream_t stream) {
    desc_.stream = stream;
    desc_.args = args_.data();
    desc_.arg_count = static_cast<std::uint32_t>(args_.size());
    std::uint64_t number = 0;
    check(hal_kernel_launch(&desc_, &number));
    return {stream, number};
  }

  hal_launch_desc_t desc_;
  std::vector<hal_arg_t> args_;
};

}  // namespace hal

#endif  // HAL_HAL_HPP_
