// SPDX-License-Identifier: Apache-2.0
//
// The simulators as a backend for support/operations.hpp. hal_plugin.h says what each operation does.
#include "sim/host/plugin.hpp"

#include <unistd.h>

#include <filesystem>
#include <string_view>

#include "sim/host/commands/stream.hpp"
#include "sim/host/device.hpp"
#include "sim/host/kernels/executable.hpp"
#include "sim/host/memory/allocation.hpp"
#include "sim/host/reports/diagnose.hpp"
#include "support/memory_map.hpp"
#include "support/operations.hpp"

namespace hal::sim {
namespace {

// Each simulator is a shared object of its own, so these belong to one backend.
const char *backend_name = nullptr;
const chips::Chip *backend_chip = nullptr;

// A file that is installed in the plugin's directory.
std::string path_beside(const char *name) {
  return std::filesystem::path(plugin::host->plugin_path).parent_path() / name;
}
std::string helper_path() { return path_beside("hal-sim-device"); }
std::string hooks_path() { return path_beside("hal-sim-hooks.so"); }

// The bytes of an allocation from offset_bytes on. Only device memory can be copied and filled.
Block part(const Allocation &allocation, std::uint64_t offset_bytes) {
  if (!allocation.arena)
    throw plugin::Failure(HAL_ERR_INVALID_ARGUMENT, "only device memory can be copied and filled",
                          "use the host pointer of host memory");
  return {allocation.arena->block.offset + offset_bytes, allocation.size_bytes - offset_bytes};
}
Block part(hal_pmem_t mem, std::uint64_t offset_bytes) {
  return part(*reinterpret_cast<Allocation *>(mem), offset_bytes);
}

void notice_open_window(Device &device) {
  if (device.engine().control().window_open.load(std::memory_order_relaxed) != 0) [[unlikely]]
    device.memory().window().set_open();
}

struct Simulator {
  using Device = sim::Device;
  using Allocation = sim::Allocation;
  using Stream = sim::Stream;
  using Executable = sim::Executable;
  using Kernel = sim::Kernel;

  static hal_status_t probe(hal_probe_v1_t &out) {
    static std::string detail;
    const auto unusable = [&](const char *reason, std::string text, const char *hint) {
      detail = std::move(text);
      out.reason = reason;
      out.detail = detail.c_str();
      out.hint = hint;
      return hal_status_t{HAL_ERR_UNAVAILABLE};
    };
    constexpr const char *kInstallHint = "reinstall libhal: the file belongs in the plugin's directory";
    if (std::string wrong = describe_wrong_sku(*backend_chip); !wrong.empty())
      return unusable("wrong_soc", std::move(wrong), kSkuHint);
    const auto untrusted = [&](const std::string &path, const std::string &why) {
      return unusable("untrusted_path", path + " is not trusted: " + why, kTrustHint);
    };
    const bool own_process = read_options(*backend_chip).own_process;
    if (own_process && access(helper_path().c_str(), X_OK) != 0)
      return unusable("helper_missing", "the device process's program is missing or not executable: " + helper_path(),
                      kInstallHint);
    if (access(hooks_path().c_str(), R_OK) != 0)
      return unusable("helper_missing",
                      "the hooks library for kernels of the tile library is missing or not readable: " + hooks_path(),
                      kInstallHint);
    if (const std::string why = own_process ? plugin::distrust(helper_path()) : ""; !why.empty())
      return untrusted(helper_path(), why);
    if (const std::string why = plugin::distrust(hooks_path()); !why.empty()) return untrusted(hooks_path(), why);
    return HAL_OK;
  }

  static std::uint32_t device_count() { return read_options(*backend_chip).devices; }

  static std::unique_ptr<Device> open(std::uint32_t ordinal) {
    const Options options = read_options(*backend_chip);
    if (!options.own_process)
      plugin::log(HAL_LOG_WARN,
                  "HAL_SIM_PROCESS=0: kernels run in the host process; crashes and time limits are not contained");
    return std::make_unique<Device>(*backend_chip, options, ordinal, helper_path(), hooks_path(), backend_name);
  }

  static void describe(const Device &device, hal_device_info_t &info) {
    info.name = device.name().c_str();
    info.soc = device.soc().c_str();
    info.arch = device.chip().arch.data();
    info.executable_format = "elf-host-so";
  }

  static std::uint64_t property(Device &device, hal_property_t property) { return device.property(property); }
  static void check(Device &device) { device.memory().check(); }

  static void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps) {
    sim::query_memory(device.memory(), desc, caps);
  }
  static std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc) {
    device.engine().throw_if_lost();
    notice_open_window(device);
    return sim::allocate(device.memory(), desc);
  }
  static std::unique_ptr<Allocation> register_memory(Device &device, const hal_mem_desc_t &desc) {
    device.engine().throw_if_lost();
    notice_open_window(device);
    return sim::register_memory(device.memory(), desc);
  }
  static void describe(const Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info) {
    sim::describe(device.memory(), allocation, info);
  }
  static void free(Device &device, Allocation &allocation) {
    const std::optional<plugin::Failure> damage = release_red_zones(device.memory(), allocation);
    device.allocations.release(&allocation);
    if (damage) throw plugin::Failure(*damage);
  }
  static void unregister_memory(Device &device, Allocation &allocation) {
    const std::string range = plugins::range_text(allocation.host, allocation.size_bytes);
    const std::string found = detach(device.memory(), allocation);
    const std::optional<plugin::Failure> damage = release_red_zones(device.memory(), allocation);
    device.allocations.release(&allocation);
    if (damage) throw plugin::Failure(*damage);
    if (!found.empty())
      throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                            "the registered range " + range + " was unmapped before it was unregistered; " + found,
                            "unregister memory before you free it; this registration has ended");
  }

  static std::unique_ptr<Stream> create_stream(Device &device) {
    device.engine().throw_if_lost();
    return std::make_unique<Stream>(device.ring(), device.memory());
  }
  static void destroy_stream(Device &device, Stream &stream) { device.streams.release(&stream); }

  static std::uint64_t copy(Device &, Stream &stream, const hal_copy_v1_t &copy) {
    switch (copy.direction) {
      case HAL_COPY_TO_DEVICE:
        return stream.copy_to_device(part(copy.dst, copy.dst_offset_bytes), copy.src_host, copy.size_bytes);
      case HAL_COPY_FROM_DEVICE:
        return stream.copy_from_device(copy.dst_host, part(copy.src, copy.src_offset_bytes), copy.size_bytes);
      default:
        return stream.copy_on_device(part(copy.dst, copy.dst_offset_bytes), part(copy.src, copy.src_offset_bytes),
                                     copy.size_bytes);
    }
  }
  static std::uint64_t fill(Device &, Stream &stream, const Allocation &dst, std::uint64_t offset_bytes,
                            std::uint64_t size_bytes, std::uint8_t value) {
    return stream.fill(part(dst, offset_bytes), size_bytes, value);
  }

  static std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const char *label) {
    return sim::load(device.engine(), device.code(), bytes, label, backend_name);
  }
  static void unload(Device &device, Executable &executable) { sim::unload(device.engine(), executable); }
  static const Kernel &find_kernel(Device &device, Executable &executable, const char *name, hal_kernel_info_t &info) {
    const Kernel &kernel = sim::find_kernel(device.engine(), executable, name);
    info.engine = executable.object.engine;
    if (HAL_HAS_FIELD(hal_kernel_info_t, &info, flags) && executable.object.uses_tile_library)
      info.flags = HAL_KERNEL_USES_TILE_LIBRARY | (executable.object.has_assertions ? HAL_KERNEL_CHECKS_BOUNDS : 0u);
    info.name = kernel.name.c_str();
    return kernel;
  }
  static std::uint64_t launch(Device &, Stream &stream, const hal_launch_v1_t &launch) { return stream.launch(launch); }

  static bool explain(std::string_view domain, std::int64_t code, hal_native_error_v1_t &out) {
    return (domain.empty() || domain == "sim") && explain_signal(code, out);
  }
  static void diagnose(plugins::Findings &findings) {
    sim::diagnose(read_options(*backend_chip), helper_path(), read_limits(), "", findings);
  }
};

constexpr hal_plugin_ops_v1_t kOperations = plugins::OperationTable<Simulator>::make();

}  // namespace

hal_status_t enter(const char *name, const chips::Chip &chip, const hal_host_v1_t *host, hal_plugin_v1_t *inout) {
  backend_name = name;
  backend_chip = &chip;
  return plugins::enter(name, HAL_SIM_VERSION, kOperations, option_table(), option_choices(), host, inout);
}

}  // namespace hal::sim
