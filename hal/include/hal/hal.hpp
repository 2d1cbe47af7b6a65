// SPDX-License-Identifier: Apache-2.0
//
// libhal for C++20: owners over the handles of hal.h, and exceptions for its statuses. Header-only; needs libhal and
// the standard library.
//
//   hal::Library library;
//   hal::Device device(hal::Backend::select("a2a3-sim"));
//   hal::Memory x = device.allocate(HAL_MEM_HOST_MAPPED, 4096);
//   hal::Executable object = device.load("add_one.so");
//   hal::Launch(object.find("add_one")).arg(hal::mem(x)).arg(hal::scalar(1024u)).submit(device).wait();
//
// What every owner shares: it is movable and not copyable; an empty one (default-constructed or moved from) gives every
// call INVALID_ARGUMENT; it is destroyed before the Device it came from, and the Device before the Library, as locals
// are. Functions throw hal::Error unless they are noexcept. Destructors never throw: one that finds its object BUSY
// waits for the device's work (which the launches' own time limits bound) and tries once more; what then still fails is
// named by libhal's report of leaks when the device closes. close() does the same at once and throws instead of
// waiting. Threads: as in hal.h; moving, closing and destroying an owner exclude every other use of that owner.
#ifndef HAL_HAL_HPP_
#define HAL_HAL_HPP_

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

// Owns one handle of a device and knows how to give it back.
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

  // Gives the object back now; on failure the owner keeps it, and BUSY can be tried again. KERNEL_FAULT: memory was
  // found damaged, and is given back all the same. Empty: does nothing.
  void close() {
    if (handle_ == nullptr) return;
    const hal_status_t status = release_(handle_);
    if (status == HAL_OK || status == HAL_ERR_KERNEL_FAULT) handle_ = nullptr;
    check(status);
  }
  // Hands the object to the caller, who gives it back by the C call.
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

// One hal_init, and its hal_shutdown at the end; counted, so libraries and programs may each have one.
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
  // hal_shutdown now; BUSY while this was the last one and devices are open.
  void close() {
    if (live_) check(hal_shutdown());
    live_ = false;
  }

 private:
  bool live_ = true;
};

// A backend that was found usable. A value: nothing is owned, it is good until the last hal_shutdown.
class Backend {
 public:
  Backend() noexcept = default;
  explicit Backend(hal_backend_t handle) noexcept : handle_(handle) {}

  // As hal_backend_select; an empty spec is HAL_BACKEND of the environment.
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

// What a submit gave. A value; good while its stream lives.
class Ticket {
 public:
  Ticket(hal_stream_t stream, std::uint64_t number) noexcept : stream_(stream), number_(number) {}
  // Waits at most timeout_ns nanoseconds; throws the work's own failure, or TIMEOUT.
  void wait(std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER) const {
    check(hal_stream_wait(stream_, number_, timeout_ns));
  }
  hal_stream_t stream() const noexcept { return stream_; }
  std::uint64_t number() const noexcept { return number_; }

 private:
  hal_stream_t stream_;
  std::uint64_t number_;
};

// A created stream. Submits to one stream are serialised by the caller; waits may overlap.
class Stream : public detail::Owner<hal_stream_t> {
 public:
  using Owner::Owner;
  Ticket ticket(std::uint64_t number) const noexcept { return {handle(), number}; }
  // The newest ticket up to which all work is done well; throws the failure of the first failed one.
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

  // Addresses, kind, size in bytes, reach.
  hal_mem_info_t info() const {
    auto info = detail::sized<hal_mem_info_t>();
    check(hal_mem_info(handle(), &info));
    return info;
  }
  hal_device_addr_t device_addr() const { return info().device_addr; }
  std::uint64_t size_bytes() const { return info().size_bytes; }

  // The memory as the host sees it, in whole elements; empty if the host may not touch it. Alive as long as the memory.
  template <typename T = std::byte>
  std::span<T> host() const {
    const hal_mem_info_t seen = info();
    if (seen.host_ptr == nullptr) return {};
    return {static_cast<T *>(seen.host_ptr), static_cast<std::size_t>(seen.size_bytes / sizeof(T))};
  }

  // Blocking copy of size_bytes from host memory to this memory at offset_bytes, through the device's own stream.
  void copy_to(const void *src, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking([&](hal_stream_t s, std::uint64_t *t) {
      return hal_copy_to_device(s, handle(), offset_bytes, src, size_bytes, t);
    });
  }
  // Blocking copy of size_bytes from this memory at offset_bytes to host memory.
  void copy_from(void *dst, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking([&](hal_stream_t s, std::uint64_t *t) {
      return hal_copy_from_device(s, dst, handle(), offset_bytes, size_bytes, t);
    });
  }
  // Blocking fill of size_bytes bytes at offset_bytes with value.
  void fill(std::uint8_t value, std::uint64_t size_bytes, std::uint64_t offset_bytes = 0) const {
    blocking(
        [&](hal_stream_t s, std::uint64_t *t) { return hal_fill(s, handle(), offset_bytes, size_bytes, value, t); });
  }
  // hal_mem_sync: needed only while a launch that uses this memory runs. direction: HAL_SYNC_*.
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

// A kernel of a loaded object. A value; it dies with its executable (then INVALID_ARGUMENT).
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
  // The kernel of that name; empty = "kernel_entry". NOT_FOUND.
  Kernel find(std::string_view name = {}) const {
    hal_kernel_t kernel = nullptr;
    check(hal_executable_find(handle(), name.empty() ? nullptr : std::string(name).c_str(), &kernel));
    return Kernel(kernel);
  }
};

// One open of a device; opening the same one again, anywhere in the process, is the same device.
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
  // A property (HAL_PROPERTY_*); nothing if this device does not know it.
  std::optional<std::uint64_t> query(hal_property_t property) const {
    std::uint64_t value = 0;
    const hal_status_t status = hal_device_query(handle(), property, &value);
    if (status == HAL_ERR_UNSUPPORTED) return std::nullopt;
    hal::check(status);
    return value;
  }

  // Memory of a kind (HAL_MEM_*), size in bytes; the whole descriptor in the second form.
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
  // Maps the caller's own pages for the device in place (hal_mem_register); they must outlive the Memory.
  Memory register_host(void *host_ptr, std::uint64_t size_bytes) const {
    auto desc = detail::sized<hal_mem_desc_t>();
    desc.kind = HAL_MEM_HOST_IMPORTED;
    desc.host_ptr = host_ptr;
    desc.size_bytes = size_bytes;
    hal_mem_t mem = nullptr;
    hal::check(hal_mem_register(handle(), &desc, &mem));
    return {mem, hal_mem_unregister, handle()};
  }
  // Whose address is this? kind is HAL_MEM_UNKNOWN if it is not libhal's.
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

  // The device's own stream: lives as long as the device, takes submits from any thread, is never destroyed.
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
  // A kernel object, from a file or from bytes; neither is needed after the call.
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

  // Everything submitted to the device, at most timeout_ns nanoseconds.
  void wait(std::uint64_t timeout_ns = HAL_TIMEOUT_FOREVER) const { hal::check(hal_device_wait(handle(), timeout_ns)); }
  // Throws KERNEL_FAULT if a kernel has written outside of an allocation, once for each (hal_device_check).
  void check() const { hal::check(hal_device_check(handle())); }
  // hal_device_reset: the owners of its objects are stale afterwards.
  void reset() const { hal::check(hal_device_reset(handle())); }
  void close() { owner_.close(); }
  hal_device_t handle() const noexcept { return owner_.handle(); }
  explicit operator bool() const noexcept { return static_cast<bool>(owner_); }

 private:
  detail::Owner<hal_device_t> owner_;
};

// mem() and tensor() of hal/detail/arguments.hpp, for owned memory.
inline hal_arg_t mem(const Memory &memory, std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0,
                     std::uint64_t size_bytes = 0) noexcept {
  return mem(memory.handle(), access, offset_bytes, size_bytes);
}
inline hal_arg_t tensor(const Memory &memory, std::initializer_list<std::uint32_t> shape, hal_dtype_t dtype,
                        std::uint8_t access = kReadWrite, std::uint64_t offset_bytes = 0) noexcept {
  return tensor(memory.handle(), std::span(shape.begin(), shape.size()), dtype, access, offset_bytes);
}

// Builds one launch; submit() queues it and may be called again.
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
  // Everything else of the descriptor: engine, convention, timeout_ns, tag. args and arg_count are set by submit().
  hal_launch_desc_t &desc() noexcept { return desc_; }

  // Queues the launch on a created stream, or on the own stream of the kernel's device, which must be this one.
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
