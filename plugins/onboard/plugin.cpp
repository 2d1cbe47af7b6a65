// SPDX-License-Identifier: Apache-2.0
//
// The operations table: plugin handles in, objects of this room out. What each operation means is said in hal_plugin.h.
#include "onboard/plugin.hpp"

#include <mutex>

#include "common/memory_map.hpp"
#include "hal/hal_plugin.hpp"
#include "onboard/device.hpp"
#include "onboard/diagnose.hpp"
#include "onboard/launch.hpp"
#include "onboard/native_errors.hpp"
#include "onboard/options.hpp"
#include "onboard/probe.hpp"
#include "onboard/properties.hpp"

namespace hal::onboard {
namespace {

// A plugin is one backend, so there is one of each in its shared object.
const char *backend_name = nullptr;
const chips::Chip *backend_chip = nullptr;

Device &device_of(hal_pdev_t device) { return *reinterpret_cast<Device *>(device); }
Allocation &allocation_of(hal_pmem_t mem) { return *reinterpret_cast<Allocation *>(mem); }
Stream &stream_of(hal_pstream_t stream) { return *reinterpret_cast<Stream *>(stream); }
Executable &executable_of(hal_pexec_t executable) { return *reinterpret_cast<Executable *>(executable); }

hal_status_t probe(void *, hal_probe_v1_t *out) {
  static std::mutex mutex;
  static Obstacle &last = *new Obstacle;  // lives until the next probe
  const std::lock_guard lock(mutex);
  const std::optional<Obstacle> obstacle = find_obstacle(*backend_chip);
  if (!obstacle) return HAL_OK;
  last = *obstacle;
  out->reason = last.reason;
  out->detail = last.detail.c_str();
  out->hint = last.hint.c_str();
  return HAL_ERR_UNAVAILABLE;
}

void device_count(void *, std::uint32_t *count) {
  const StartedRuntime runtime;
  const VendorApi &api = runtime.api();
  check(
      api, api.device_count, [] { return std::string(); }, count);
}

void device_open(void *, std::uint32_t ordinal, hal_pdev_t *out) {
  *out = reinterpret_cast<hal_pdev_t>(std::make_unique<Device>(*backend_chip, ordinal).release());
}

void device_close(hal_pdev_t device) noexcept { delete &device_of(device); }

void device_info(hal_pdev_t handle, hal_device_info_t *info) {
  const Device &device = device_of(handle);
  info->name = device.name().c_str();
  info->soc = device.soc().c_str();
  info->arch = device.chip().arch.data();
  info->executable_format = "elf-aicore";
  if (HAL_HAS_FIELD(hal_device_info_t, info, native_api)) info->native_api = device.native_api().c_str();
}

void device_query(hal_pdev_t device, hal_property_t property, std::uint64_t *value) {
  *value = read_property(device_of(device), property);
}

void device_reset(hal_pdev_t device) { device_of(device).reset(); }

void mem_query(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  query_memory(device_of(device), *desc, *caps);
}

void finish_allocation(Device &device, std::unique_ptr<Allocation> allocation, hal_pmem_t *mem,
                       hal_pmem_info_v1_t *info) {
  describe(device, *allocation, *info);
  *mem = reinterpret_cast<hal_pmem_t>(device.allocations.adopt(std::move(allocation)));
}

void mem_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  finish_allocation(device_of(device), allocate(device_of(device), *desc), mem, info);
}

void mem_register(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  finish_allocation(device_of(device), import(device_of(device), *desc), mem, info);
}

void mem_free(hal_pdev_t device, hal_pmem_t mem) {
  give_back(device_of(device), allocation_of(mem));
  device_of(device).allocations.release(&allocation_of(mem));
}

void mem_unregister(hal_pdev_t device, hal_pmem_t mem) {
  const std::string range = plugins::range_text(allocation_of(mem).host, allocation_of(mem).size_bytes);
  const bool was_there = without_precondition([&] { return give_back(device_of(device), allocation_of(mem)); });
  device_of(device).allocations.release(&allocation_of(mem));
  if (!was_there)
    throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                          "the registered range " + range + " was unmapped before it was unregistered",
                          "unregister memory before you free it; the registration is dropped");
}

// The host's half: its caches are coherent with the device's reads and writes of host memory, so that the order of its
// own accesses is all that is left to do. The kernel's half is the kernel's (dcci, dsb: docs/kernel-author.md).
void mem_sync(hal_pdev_t, hal_pmem_t, std::uint64_t, std::uint64_t, hal_sync_t) {
  __sync_synchronize();  // std::atomic_thread_fence does not compile under the thread sanitizer of g++
}

void stream_create(hal_pdev_t device, std::uint32_t, hal_pstream_t *stream) {
  *stream =
      reinterpret_cast<hal_pstream_t>(device_of(device).streams.adopt(std::make_unique<Stream>(device_of(device))));
}

void stream_destroy(hal_pdev_t device, hal_pstream_t stream) {
  const Device::Release context = device_of(device).enter_to_release();
  device_of(device).streams.release(&stream_of(stream));
}

void stream_wait(hal_pdev_t, hal_pstream_t stream, std::uint64_t ticket, std::uint64_t timeout_ns) {
  stream_of(stream).wait(ticket, timeout_ns);
}

void stream_query(hal_pdev_t, hal_pstream_t stream, std::uint64_t *completed) { stream_of(stream).query(completed); }

// The device address of a part of an allocation. Mapped memory has one too, but the vendor forbids it in copies.
std::byte *device_part(hal_pmem_t mem, std::uint64_t offset) {
  const Allocation &allocation = allocation_of(mem);
  if (allocation.kind != HAL_MEM_DEVICE)
    throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, "only device memory can be copied and filled",
                          "use the host pointer of host memory");
  return reinterpret_cast<std::byte *>(allocation.device_address + offset);
}

struct CopyEnds {
  void *dst;
  const void *src;
  std::int32_t kind;
};

CopyEnds ends_of(const hal_copy_v1_t &copy) {
  switch (copy.direction) {
    case HAL_COPY_TO_DEVICE:
      return {device_part(copy.dst, copy.dst_offset_bytes), copy.src_host, kHostToDevice};
    case HAL_COPY_FROM_DEVICE:
      return {copy.dst_host, device_part(copy.src, copy.src_offset_bytes), kDeviceToHost};
    default:
      return {device_part(copy.dst, copy.dst_offset_bytes), device_part(copy.src, copy.src_offset_bytes),
              kDeviceToDevice};
  }
}

void copy(hal_pdev_t handle, hal_pstream_t stream, const hal_copy_v1_t *copy, std::uint64_t *ticket) {
  const Device &device = device_of(handle);
  const CopyEnds ends = ends_of(*copy);
  const std::uint64_t size = copy->size_bytes;
  const ContextGuard context = device.enter();
  *ticket = stream_of(stream).submit({}, [&](void *queue) {
    check(
        device.api(), device.api().copy_async, [&] { return std::to_string(size) + " bytes"; }, ends.dst, size,
        ends.src, size, ends.kind, queue);
  });
}

void fill(hal_pdev_t handle, hal_pstream_t stream, hal_pmem_t dst, std::uint64_t offset, std::uint64_t size,
          std::uint8_t value, std::uint64_t *ticket) {
  const Device &device = device_of(handle);
  void *start = device_part(dst, offset);
  const ContextGuard context = device.enter();
  *ticket = stream_of(stream).submit({}, [&](void *queue) {
    check(
        device.api(), device.api().fill_async, [&] { return std::to_string(size) + " bytes"; }, start, size,
        std::int32_t{value}, size, queue);
  });
}

void executable_load(hal_pdev_t device, const void *data, std::uint64_t size, const char *label, hal_pexec_t *out) {
  const std::span bytes(static_cast<const std::byte *>(data), size);
  auto executable = load(device_of(device), bytes, label, backend_name);
  *out = reinterpret_cast<hal_pexec_t>(device_of(device).executables.adopt(std::move(executable)));
}

void executable_unload(hal_pdev_t device, hal_pexec_t executable) {
  unload(executable_of(executable));
  device_of(device).executables.release(&executable_of(executable));
}

void kernel_find(hal_pdev_t, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel, hal_kernel_info_t *info) {
  const Kernel &found = find_kernel(executable_of(executable), name);
  info->convention = HAL_CONVENTION_DEFAULT;
  info->engine = executable_of(executable).note.engine;
  info->name = found.name->c_str();
  *kernel = reinterpret_cast<hal_pkernel_t>(const_cast<Kernel *>(&found));
}

void run_launch(hal_pdev_t device, hal_pstream_t stream, const hal_launch_v1_t *desc, std::uint64_t *ticket) {
  *ticket = launch(device_of(device), stream_of(stream), *desc);
}

hal_status_t explain_code(void *, const char *domain, std::int64_t code, hal_native_error_v1_t *out) {
  return explain_native(domain, code, *out) ? HAL_OK : HAL_ERR_NOT_FOUND;
}

void diagnose(void *, hal_finding_fn report, void *user) {
  machine::Findings findings(report, user);
  diagnose_machine(this_machine(), findings);
  diagnose_runtime(report_runtime(), findings);
}

constexpr hal_plugin_ops_v1_t kOperations = {
    .struct_size = sizeof(hal_plugin_ops_v1_t),
    .reserved0 = 0,
    .probe = plugin::thunk<&probe>,
    .device_count = plugin::thunk<&device_count>,
    .device_open = plugin::thunk<&device_open>,
    .device_close = &device_close,
    .device_info = plugin::thunk<&device_info>,
    .device_query = plugin::thunk<&device_query>,
    .device_reset = plugin::thunk<&device_reset>,
    .mem_query = plugin::thunk<&mem_query>,
    .mem_alloc = plugin::thunk<&mem_alloc>,
    .mem_free = plugin::thunk<&mem_free>,
    .mem_register = plugin::thunk<&mem_register>,
    .mem_unregister = plugin::thunk<&mem_unregister>,
    .mem_sync = plugin::thunk<&mem_sync>,
    .stream_create = plugin::thunk<&stream_create>,
    .stream_destroy = plugin::thunk<&stream_destroy>,
    .stream_wait = plugin::thunk<&stream_wait>,
    .stream_query = plugin::thunk<&stream_query>,
    .copy = plugin::thunk<&copy>,
    .fill = plugin::thunk<&fill>,
    .executable_load = plugin::thunk<&executable_load>,
    .executable_unload = plugin::thunk<&executable_unload>,
    .kernel_find = plugin::thunk<&kernel_find>,
    .launch = plugin::thunk<&run_launch>,
    .explain_native = plugin::thunk<&explain_code>,
    .diagnose = plugin::thunk<&diagnose>,
    .device_check = nullptr,
};

#if defined(__clang__)
#define HAL_ONBOARD_BUILD "clang " __clang_version__
#else
#define HAL_ONBOARD_BUILD "gcc " __VERSION__
#endif

}  // namespace

hal_status_t enter(const char *name, const chips::Chip &chip, const hal_host_v1_t *host, hal_plugin_v1_t *inout) {
  inout->abi_min = HAL_ABI_DRAFT;
  inout->abi_max = HAL_ABI_DRAFT;
  inout->name = name;
  inout->version = HAL_ONBOARD_VERSION;
  inout->build = HAL_ONBOARD_BUILD;
  if (host->abi_max < HAL_ABI_DRAFT || host->abi_min > HAL_ABI_DRAFT) return HAL_ERR_INCOMPATIBLE;
  backend_name = name;
  backend_chip = &chip;
  plugin::host = host;
  inout->ops = &kOperations;
  inout->options = option_table().data();
  inout->option_count = static_cast<std::uint32_t>(option_table().size());
  inout->option_choices = option_choices();
  return HAL_OK;
}

}  // namespace hal::onboard
