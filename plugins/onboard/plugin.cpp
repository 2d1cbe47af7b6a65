// SPDX-License-Identifier: Apache-2.0
//
// The onboard plugins as a backend for support/operations.hpp. hal_plugin.h says what each operation does.
#include "onboard/plugin.hpp"

#include <mutex>
#include <string_view>

#include "onboard/device.hpp"
#include "onboard/diagnose.hpp"
#include "onboard/launch.hpp"
#include "onboard/native_errors.hpp"
#include "onboard/options.hpp"
#include "onboard/probe.hpp"
#include "onboard/properties.hpp"
#include "support/memory_map.hpp"
#include "support/operations.hpp"

namespace hal::onboard {
namespace {

// Each onboard plugin is a shared object of its own, so these belong to one backend.
const char *backend_name = nullptr;
const chips::Chip *backend_chip = nullptr;

// The device address of a part of an allocation. Mapped memory has one too, but the vendor forbids it in copies.
std::byte *device_part(const Allocation &allocation, std::uint64_t offset_bytes) {
  if (allocation.kind != HAL_MEM_DEVICE)
    throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, "only device memory can be copied and filled",
                          "use the host pointer of host memory");
  return reinterpret_cast<std::byte *>(allocation.device_address + offset_bytes);
}
std::byte *device_part(hal_pmem_t mem, std::uint64_t offset_bytes) {
  return device_part(*reinterpret_cast<Allocation *>(mem), offset_bytes);
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

struct Onboard {
  using Device = onboard::Device;
  using Allocation = onboard::Allocation;
  using Stream = onboard::Stream;
  using Executable = onboard::Executable;
  using Kernel = onboard::Kernel;

  static hal_status_t probe(hal_probe_v1_t &out) {
    static std::mutex mutex;
    static Obstacle &last = *new Obstacle;  // its texts must stay valid until the next probe
    const std::lock_guard lock(mutex);
    const std::optional<Obstacle> obstacle = find_obstacle(*backend_chip);
    if (!obstacle) return HAL_OK;
    last = *obstacle;
    out.reason = last.reason;
    out.detail = last.detail.c_str();
    out.hint = last.hint.c_str();
    return HAL_ERR_UNAVAILABLE;
  }

  static std::uint32_t device_count() {
    const StartedRuntime runtime;
    const VendorApi &api = runtime.api();
    std::uint32_t count = 0;
    onboard::check(
        api, api.device_count, [] { return std::string(); }, &count);
    return count;
  }

  static std::unique_ptr<Device> open(std::uint32_t ordinal) {
    return std::make_unique<Device>(*backend_chip, ordinal);
  }

  static void describe(const Device &device, hal_device_info_t &info) {
    info.name = device.name().c_str();
    info.soc = device.soc().c_str();
    info.arch = device.chip().arch.data();
    info.executable_format = "elf-aicore";
    if (HAL_HAS_FIELD(hal_device_info_t, &info, native_api)) info.native_api = device.native_api().c_str();
  }

  static std::uint64_t property(Device &device, hal_property_t property) { return read_property(device, property); }

  static void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps) {
    onboard::query_memory(device, desc, caps);
  }
  static std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc) {
    return onboard::allocate(device, desc);
  }
  static std::unique_ptr<Allocation> register_memory(Device &device, const hal_mem_desc_t &desc) {
    return import(device, desc);
  }
  static void describe(Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info) {
    onboard::describe(device, allocation, info);
  }
  static void free(Device &device, Allocation &allocation) {
    give_back(device, allocation);
    device.allocations.release(&allocation);
  }
  static void unregister_memory(Device &device, Allocation &allocation) {
    const std::string range = plugins::range_text(allocation.host, allocation.size_bytes);
    const bool was_mapped = without_precondition([&] { return give_back(device, allocation); });
    device.allocations.release(&allocation);
    if (!was_mapped)
      throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                            "the registered range " + range + " was unmapped before it was unregistered",
                            "unregister memory before you free it; this registration has ended");
  }
  // The caches of the host are coherent with the device's accesses to host memory. So the host only has to order its
  // own accesses. The kernel does its half with dcci and dsb: docs/kernel-author.md.
  static void sync() {
    __sync_synchronize();  // std::atomic_thread_fence does not compile under the thread sanitizer of g++
  }

  static std::unique_ptr<Stream> create_stream(Device &device) { return std::make_unique<Stream>(device); }
  static void destroy_stream(Device &device, Stream &stream) {
    const Device::Release context = device.enter_to_release();
    device.streams.release(&stream);
  }

  static std::uint64_t copy(const Device &device, Stream &stream, const hal_copy_v1_t &copy) {
    const CopyEnds ends = ends_of(copy);
    const std::uint64_t size = copy.size_bytes;
    const ContextGuard context = device.enter();
    return stream.submit({}, [&](void *queue) {
      onboard::check(
          device.api(), device.api().copy_async, [&] { return std::to_string(size) + " bytes"; }, ends.dst, size,
          ends.src, size, ends.kind, queue);
    });
  }
  static std::uint64_t fill(const Device &device, Stream &stream, const Allocation &dst, std::uint64_t offset_bytes,
                            std::uint64_t size_bytes, std::uint8_t value) {
    void *start = device_part(dst, offset_bytes);
    const ContextGuard context = device.enter();
    return stream.submit({}, [&](void *queue) {
      onboard::check(
          device.api(), device.api().fill_async, [&] { return std::to_string(size_bytes) + " bytes"; }, start,
          size_bytes, std::int32_t{value}, size_bytes, queue);
    });
  }

  static std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const char *label) {
    return onboard::load(device, bytes, label, backend_name);
  }
  static void unload(Device &, Executable &executable) { onboard::unload(executable); }
  static const Kernel &find_kernel(Device &, Executable &executable, const char *name, hal_kernel_info_t &info) {
    const Kernel &kernel = onboard::find_kernel(executable, name);
    info.engine = executable.note.engine;
    info.name = kernel.name->c_str();
    return kernel;
  }
  static std::uint64_t launch(Device &device, Stream &stream, const hal_launch_v1_t &launch) {
    return onboard::launch(device, stream, launch);
  }

  static bool explain(const char *domain, std::int64_t code, hal_native_error_v1_t &out) {
    return explain_native(domain, code, out);
  }
  static void diagnose(plugins::Findings &findings) {
    diagnose_machine(this_machine(), findings);
    diagnose_runtime(report_runtime(), findings);
  }
};

constexpr hal_plugin_ops_v1_t kOperations = plugins::OperationTable<Onboard>::make();

}  // namespace

hal_status_t enter(const char *name, const chips::Chip &chip, const hal_host_v1_t *host, hal_plugin_v1_t *inout) {
  backend_name = name;
  backend_chip = &chip;
  return plugins::enter(name, HAL_ONBOARD_VERSION, kOperations, option_table(), option_choices(), host, inout);
}

}  // namespace hal::onboard
