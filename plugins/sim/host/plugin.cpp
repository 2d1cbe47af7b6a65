// SPDX-License-Identifier: Apache-2.0
//
// The operations table: plugin handles in, simulator objects out. What each operation means is said in hal_plugin.h.
#include "sim/host/plugin.hpp"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string_view>

#include "hal/hal_plugin.hpp"
#include "sim/host/commands/stream.hpp"
#include "sim/host/device.hpp"
#include "sim/host/kernels/executable.hpp"
#include "sim/host/local_memory.hpp"
#include "sim/host/memory/allocation.hpp"
#include "sim/host/memory/registered_range.hpp"
#include "sim/host/properties.hpp"
#include "sim/host/reports/diagnose.hpp"
#include "support/memory_map.hpp"

namespace hal::sim {
namespace {

// A plugin is one backend, so there is one of each in its shared object.
const char *backend_name = nullptr;
const chips::Chip *backend_chip = nullptr;

Device &device_of(hal_pdev_t device) { return *reinterpret_cast<Device *>(device); }
Allocation &allocation_of(hal_pmem_t mem) { return *reinterpret_cast<Allocation *>(mem); }
Stream &stream_of(hal_pstream_t stream) { return *reinterpret_cast<Stream *>(stream); }
Executable &executable_of(hal_pexec_t executable) { return *reinterpret_cast<Executable *>(executable); }

// A file that is installed beside the plugin.
std::string path_beside(const char *name) {
  return std::filesystem::path(plugin::host->plugin_path).parent_path() / name;
}
std::string helper_path() { return path_beside("hal-sim-device"); }
std::string hooks_path() { return path_beside("hal-sim-hooks.so"); }

hal_status_t probe(void *, hal_probe_v1_t *out) {
  static std::string wrong_sku;
  if (wrong_sku = describe_wrong_sku(*backend_chip); !wrong_sku.empty()) {
    out->reason = "wrong_soc";
    out->detail = wrong_sku.c_str();
    out->hint = "set HAL_SIM_SKU to one of these or unset it";
    return HAL_ERR_UNAVAILABLE;
  }
  static std::string detail;
  if (read_options(*backend_chip).own_process && access(helper_path().c_str(), X_OK) != 0)
    detail = "the device process's program is missing or not executable: " + helper_path();
  else if (access(hooks_path().c_str(), R_OK) != 0)
    detail = "the library that kernels of the tile library look for is missing or not readable: " + hooks_path();
  else
    return HAL_OK;
  out->reason = "helper_missing";
  out->detail = detail.c_str();
  out->hint = "reinstall libhal: the file belongs beside the plugin";
  return HAL_ERR_UNAVAILABLE;
}

void device_count(void *, std::uint32_t *count) { *count = read_options(*backend_chip).devices; }

void device_open(void *, std::uint32_t ordinal, hal_pdev_t *out) {
  const Options options = read_options(*backend_chip);
  if (!options.own_process)
    plugin::log(HAL_LOG_WARN,
                "HAL_SIM_PROCESS=0: kernels run in the host process; crashes and time limits are not contained");
  const Identity identity = {.label = std::string(backend_name) + " " + std::to_string(ordinal),
                             .hooks_path = hooks_path(),
                             .variables = local_memory_variables(*backend_chip, *options.sku)};
  auto device = std::make_unique<Device>(*backend_chip, options, ordinal, helper_path(), identity);
  *out = reinterpret_cast<hal_pdev_t>(device.release());
}

void device_close(hal_pdev_t device) noexcept { delete &device_of(device); }

void device_info(hal_pdev_t handle, hal_device_info_t *info) {
  const Device &device = device_of(handle);
  info->name = device.name().c_str();
  info->soc = device.soc().c_str();
  info->arch = device.chip().arch.data();
  info->executable_format = "elf-host-so";
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
  *mem = reinterpret_cast<hal_pmem_t>(device.adopt(std::move(allocation)));
}

void mem_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  finish_allocation(device_of(device), allocate(device_of(device), *desc), mem, info);
}

void mem_register(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  finish_allocation(device_of(device), import(device_of(device), *desc), mem, info);
}

void mem_free(hal_pdev_t device, hal_pmem_t mem) {
  const std::optional<plugin::Failure> damage = release_arena(device_of(device), allocation_of(mem));
  device_of(device).release(&allocation_of(mem));
  if (damage) throw plugin::Failure(*damage);
}

void device_check(hal_pdev_t device) { device_of(device).arena().check(); }

void mem_unregister(hal_pdev_t device, hal_pmem_t mem) {
  const std::string range = plugins::range_text(allocation_of(mem).host, allocation_of(mem).size_bytes);
  const std::string found = detach(device_of(device), allocation_of(mem));
  device_of(device).release(&allocation_of(mem));
  if (!found.empty())
    throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                          "the registered range " + range + " was unmapped before it was unregistered; " + found,
                          "unregister memory before you free it; the registration is dropped");
}

void stream_create(hal_pdev_t device, std::uint32_t, hal_pstream_t *stream) {
  device_of(device).throw_if_lost();
  *stream = reinterpret_cast<hal_pstream_t>(device_of(device).adopt(std::make_unique<Stream>(device_of(device))));
}

void stream_destroy(hal_pdev_t device, hal_pstream_t stream) { device_of(device).release(&stream_of(stream)); }

void stream_wait(hal_pdev_t, hal_pstream_t stream, std::uint64_t ticket, std::uint64_t timeout_ns) {
  stream_of(stream).wait(ticket, timeout_ns);
}

void stream_query(hal_pdev_t, hal_pstream_t stream, std::uint64_t *completed) { stream_of(stream).query(completed); }

// The part of an allocation from offset on; only memory in the arena is copied.
Block part(hal_pmem_t mem, std::uint64_t offset) {
  const Allocation &allocation = allocation_of(mem);
  if (!allocation.arena)
    throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, "only device memory can be copied and filled",
                          "use the host pointer of host memory");
  return {allocation.arena->block.offset + offset, allocation.size_bytes - offset};
}

void copy(hal_pdev_t, hal_pstream_t handle, const hal_copy_v1_t *copy, std::uint64_t *ticket) {
  Stream &stream = stream_of(handle);
  const std::uint64_t size = copy->size_bytes;
  switch (copy->direction) {
    case HAL_COPY_TO_DEVICE:
      *ticket = stream.copy_to_device(part(copy->dst, copy->dst_offset_bytes), copy->src_host, size);
      break;
    case HAL_COPY_FROM_DEVICE:
      *ticket = stream.copy_from_device(copy->dst_host, part(copy->src, copy->src_offset_bytes), size);
      break;
    default:
      *ticket =
          stream.copy_on_device(part(copy->dst, copy->dst_offset_bytes), part(copy->src, copy->src_offset_bytes), size);
  }
}

void fill(hal_pdev_t, hal_pstream_t stream, hal_pmem_t dst, std::uint64_t offset, std::uint64_t size,
          std::uint8_t value, std::uint64_t *ticket) {
  *ticket = stream_of(stream).fill(part(dst, offset), size, value);
}

void executable_load(hal_pdev_t device, const void *data, std::uint64_t size, const char *label, hal_pexec_t *out) {
  const std::span bytes(static_cast<const std::byte *>(data), size);
  auto executable = load(device_of(device), bytes, label, backend_name);
  *out = reinterpret_cast<hal_pexec_t>(device_of(device).adopt(std::move(executable)));
}

void executable_unload(hal_pdev_t device, hal_pexec_t executable) {
  unload(device_of(device), executable_of(executable));
  device_of(device).release(&executable_of(executable));
}

void kernel_find(hal_pdev_t device, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel,
                 hal_kernel_info_t *info) {
  const Kernel &found = find_kernel(device_of(device), executable_of(executable), name);
  info->convention = HAL_CONVENTION_DEFAULT;
  const KernelObject &object = executable_of(executable).object;
  info->engine = object.engine;
  if (HAL_HAS_FIELD(hal_kernel_info_t, info, flags) && object.uses_tile_library)
    info->flags = HAL_KERNEL_USES_TILE_LIBRARY | (object.has_assertions ? HAL_KERNEL_CHECKS_BOUNDS : 0u);
  info->name = found.name.c_str();
  *kernel = reinterpret_cast<hal_pkernel_t>(const_cast<Kernel *>(&found));
}

void run_launch(hal_pdev_t device, hal_pstream_t stream, const hal_launch_v1_t *desc, std::uint64_t *ticket) {
  *ticket = launch(device_of(device), stream_of(stream), *desc);
}

hal_status_t explain_native(void *, const char *domain, std::int64_t code, hal_native_error_v1_t *out) {
  const std::string_view whose = domain;
  return (whose.empty() || whose == "sim") && explain_signal(code, *out) ? HAL_OK : HAL_ERR_NOT_FOUND;
}

void diagnose_machine(void *, hal_finding_fn report, void *user) {
  plugins::Findings findings(report, user);
  diagnose(read_options(*backend_chip), helper_path(), read_limits(), "", findings);
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
    .mem_sync = nullptr,  // all mapped memory is coherent
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
    .explain_native = plugin::thunk<&explain_native>,
    .diagnose = plugin::thunk<&diagnose_machine>,
    .device_check = plugin::thunk<&device_check>,
};

#if defined(__clang__)
#define HAL_SIM_BUILD "clang " __clang_version__
#else
#define HAL_SIM_BUILD "gcc " __VERSION__
#endif

}  // namespace

hal_status_t enter(const char *name, const chips::Chip &chip, const hal_host_v1_t *host, hal_plugin_v1_t *inout) {
  inout->abi_min = HAL_ABI_DRAFT;
  inout->abi_max = HAL_ABI_DRAFT;
  inout->name = name;
  inout->version = HAL_SIM_VERSION;
  inout->build = HAL_SIM_BUILD;
  if (host->abi_max < HAL_ABI_DRAFT || host->abi_min > HAL_ABI_DRAFT) return HAL_ERR_INCOMPATIBLE;
  backend_name = name;
  backend_chip = &chip;
  plugin::host = host;
  inout->ops = &kOperations;
  inout->options = option_table().data();
  inout->option_count = static_cast<std::uint32_t>(option_table().size());
  if (HAL_HAS_FIELD(hal_plugin_v1_t, inout, option_choices)) inout->option_choices = option_choices();
  return HAL_OK;
}

}  // namespace hal::sim
