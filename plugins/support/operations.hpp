// SPDX-License-Identifier: Apache-2.0
//
// Makes the table of operations from a backend that is written as C++ classes.
//
// A backend is a struct with these types: Device, Allocation, Stream, Executable, Kernel. Its static functions do the
// work. They throw plugin::Failure on errors. Device has three public members that own what a caller creates:
// allocations, streams and executables, each with adopt() and release().
#ifndef HAL_PLUGINS_SUPPORT_OPERATIONS_HPP_
#define HAL_PLUGINS_SUPPORT_OPERATIONS_HPP_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "hal/hal_plugin.hpp"
#include "support/findings.hpp"

namespace hal::plugins {

template <typename Backend>
class OperationTable {
  using Device = typename Backend::Device;
  using Allocation = typename Backend::Allocation;
  using Stream = typename Backend::Stream;
  using Executable = typename Backend::Executable;
  using Kernel = typename Backend::Kernel;

 public:
  // An operation stays nullptr if the backend lacks the function for it: the core then answers UNSUPPORTED.
  static constexpr hal_plugin_ops_v1_t make() {
    using plugin::thunk;
    hal_plugin_ops_v1_t table = {};
    table.struct_size = sizeof table;
    table.probe = thunk<&probe>;
    table.device_count = thunk<&device_count>;
    table.device_open = thunk<&device_open>;
    table.device_close = &device_close;
    table.device_info = thunk<&device_info>;
    table.device_query = thunk<&device_query>;
    table.device_reset = thunk<&device_reset>;
    table.mem_query = thunk<&mem_query>;
    table.mem_alloc = thunk<&mem_alloc>;
    table.mem_free = thunk<&mem_free>;
    table.mem_register = thunk<&mem_register>;
    table.mem_unregister = thunk<&mem_unregister>;
    if constexpr (requires { &Backend::sync; }) table.mem_sync = thunk<&mem_sync>;
    table.stream_create = thunk<&stream_create>;
    table.stream_destroy = thunk<&stream_destroy>;
    table.stream_wait = thunk<&stream_wait>;
    table.stream_query = thunk<&stream_query>;
    table.copy = thunk<&copy>;
    table.fill = thunk<&fill>;
    table.executable_load = thunk<&executable_load>;
    table.executable_unload = thunk<&executable_unload>;
    table.kernel_find = thunk<&kernel_find>;
    table.launch = thunk<&launch>;
    table.explain_native = thunk<&explain_native>;
    table.diagnose = thunk<&diagnose>;
    if constexpr (requires { &Backend::check; }) table.device_check = thunk<&device_check>;
    return table;
  }

 private:
  // The core holds pointers to the backend's objects as handles.
  static Device &object(hal_pdev_t handle) { return *reinterpret_cast<Device *>(handle); }
  static Allocation &object(hal_pmem_t handle) { return *reinterpret_cast<Allocation *>(handle); }
  static Stream &object(hal_pstream_t handle) { return *reinterpret_cast<Stream *>(handle); }
  static Executable &object(hal_pexec_t handle) { return *reinterpret_cast<Executable *>(handle); }

  static hal_status_t probe(void *, hal_probe_v1_t *out) { return Backend::probe(*out); }
  static void device_count(void *, std::uint32_t *count) { *count = Backend::device_count(); }

  // ---- Devices
  static void device_open(void *, std::uint32_t ordinal, hal_pdev_t *device) {
    *device = reinterpret_cast<hal_pdev_t>(Backend::open(ordinal).release());
  }
  static void device_close(hal_pdev_t device) noexcept { delete &object(device); }
  static void device_info(hal_pdev_t device, hal_device_info_t *info) { Backend::describe(object(device), *info); }
  static void device_query(hal_pdev_t device, hal_property_t property, std::uint64_t *value) {
    *value = Backend::property(object(device), property);
  }
  static void device_reset(hal_pdev_t device) { object(device).reset(); }
  static void device_check(hal_pdev_t device) { Backend::check(object(device)); }

  // ---- Memory
  static void mem_query(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
    Backend::query_memory(object(device), *desc, *caps);
  }
  static void mem_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
    auto allocation = Backend::allocate(object(device), *desc);
    Backend::describe(object(device), *allocation, *info);
    *mem = reinterpret_cast<hal_pmem_t>(object(device).allocations.adopt(std::move(allocation)));
  }
  static void mem_free(hal_pdev_t device, hal_pmem_t mem) { Backend::free(object(device), object(mem)); }
  static void mem_register(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
    auto allocation = Backend::register_memory(object(device), *desc);
    Backend::describe(object(device), *allocation, *info);
    *mem = reinterpret_cast<hal_pmem_t>(object(device).allocations.adopt(std::move(allocation)));
  }
  static void mem_unregister(hal_pdev_t device, hal_pmem_t mem) {
    Backend::unregister_memory(object(device), object(mem));
  }
  static void mem_sync(hal_pdev_t, hal_pmem_t, std::uint64_t, std::uint64_t, hal_sync_t) { Backend::sync(); }

  // ---- Streams
  static void stream_create(hal_pdev_t device, std::uint32_t, hal_pstream_t *stream) {
    *stream = reinterpret_cast<hal_pstream_t>(object(device).streams.adopt(Backend::create_stream(object(device))));
  }
  static void stream_destroy(hal_pdev_t device, hal_pstream_t stream) {
    Backend::destroy_stream(object(device), object(stream));
  }
  static void stream_wait(hal_pdev_t, hal_pstream_t stream, std::uint64_t ticket, std::uint64_t timeout_ns) {
    object(stream).wait(ticket, timeout_ns);
  }
  static void stream_query(hal_pdev_t, hal_pstream_t stream, std::uint64_t *completed) {
    object(stream).query(completed);
  }
  static void copy(hal_pdev_t device, hal_pstream_t stream, const hal_copy_v1_t *copy, std::uint64_t *ticket) {
    *ticket = Backend::copy(object(device), object(stream), *copy);
  }
  static void fill(hal_pdev_t device, hal_pstream_t stream, hal_pmem_t dst, std::uint64_t offset_bytes,
                   std::uint64_t size_bytes, std::uint8_t value, std::uint64_t *ticket) {
    *ticket = Backend::fill(object(device), object(stream), object(dst), offset_bytes, size_bytes, value);
  }

  // ---- Kernels
  static void executable_load(hal_pdev_t device, const void *data, std::uint64_t size_bytes, const char *label,
                              hal_pexec_t *executable) {
    const std::span bytes(static_cast<const std::byte *>(data), size_bytes);
    auto loaded = Backend::load(object(device), bytes, label);
    *executable = reinterpret_cast<hal_pexec_t>(object(device).executables.adopt(std::move(loaded)));
  }
  static void executable_unload(hal_pdev_t device, hal_pexec_t executable) {
    Backend::unload(object(device), object(executable));
    object(device).executables.release(&object(executable));
  }
  static void kernel_find(hal_pdev_t device, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel,
                          hal_kernel_info_t *info) {
    info->convention = HAL_CONVENTION_DEFAULT;
    const Kernel &found = Backend::find_kernel(object(device), object(executable), name, *info);
    *kernel = reinterpret_cast<hal_pkernel_t>(const_cast<Kernel *>(&found));
  }
  static void launch(hal_pdev_t device, hal_pstream_t stream, const hal_launch_v1_t *desc, std::uint64_t *ticket) {
    *ticket = Backend::launch(object(device), object(stream), *desc);
  }

  // ---- Diagnosis
  static hal_status_t explain_native(void *, const char *domain, std::int64_t code, hal_native_error_v1_t *out) {
    return Backend::explain(domain, code, *out) ? HAL_OK : HAL_ERR_NOT_FOUND;
  }
  static void diagnose(void *, hal_finding_fn report, void *user) {
    Findings findings(report, user);
    Backend::diagnose(findings);
  }
};

#if defined(__clang__)
inline constexpr const char *kCompiler = "clang " __clang_version__;
#else
inline constexpr const char *kCompiler = "gcc " __VERSION__;
#endif

// The work of an entry function: answers the core's questions, and keeps the host services if the drafts match.
inline hal_status_t enter(const char *name, const char *version, const hal_plugin_ops_v1_t &operations,
                          std::span<const hal_option_v1_t> options, const char *const *option_choices,
                          const hal_host_v1_t *host, hal_plugin_v1_t *inout) {
  inout->abi_min = HAL_ABI_DRAFT;
  inout->abi_max = HAL_ABI_DRAFT;
  inout->name = name;
  inout->version = version;
  inout->build = kCompiler;
  if (host->abi_max < HAL_ABI_DRAFT || host->abi_min > HAL_ABI_DRAFT) return HAL_ERR_INCOMPATIBLE;
  plugin::host = host;
  inout->ops = &operations;
  inout->options = options.data();
  inout->option_count = static_cast<std::uint32_t>(options.size());
  if (HAL_HAS_FIELD(hal_plugin_v1_t, inout, option_choices)) inout->option_choices = option_choices;
  return HAL_OK;
}

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_OPERATIONS_HPP_
