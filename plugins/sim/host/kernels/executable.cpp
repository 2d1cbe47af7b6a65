// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernels/executable.hpp"

#include <unistd.h>

#include <cerrno>

#include "sim/host/reports/symbols.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

Fd file_of(std::span<const std::byte> bytes) {
  Fd file = make_memory_file("hal-sim-kernel", 0);
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY, "no memory for a kernel object: " + plugins::errno_text(errno),
                            "free memory", errno, "errno");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return file;
}

void check(const wire::Reply &reply, const std::string &what, const char *hint) {
  if (reply.status == HAL_OK) return;
  throw plugin::Failure(reply.status, what + ": " + reply.text, hint);
}

// On threads of the host, the tile library finds the sizes of the process's first device.
void check_local_memory(const Device &device, const Executable &executable) {
  if (!executable.object.uses_tile_library) return;
  if (const std::string owner = device.wrong_local_memory(); !owner.empty())
    throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                          executable.label + " uses the tile library, which has the local memory of device " + owner +
                              " in this process: with HAL_SIM_PROCESS=0 that is the first device's for all",
                          "unset HAL_SIM_PROCESS, or use one backend and one HAL_SIM_SKU in a process");
}

std::string list(const std::set<std::string> &names) {
  constexpr std::size_t kMost = 8;
  std::string text;
  std::size_t count = 0;
  for (const std::string &name : names) {
    if (count++ == kMost) return text + ", …";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "no function" : text;
}

}  // namespace

std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const std::string &label,
                                 const std::string &backend) {
  auto executable = std::make_unique<Executable>();
  executable->label = label;
  executable->object = read_kernel_object(bytes, label, backend);
  check_local_memory(device, *executable);
  const wire::Request request = {.kind = wire::RequestKind::kLoad, .object = 0, .name = {}};
  Fd file = file_of(bytes);
  plugin::fault_point("sim.object_load");
  executable->file = std::move(file);
  executable->extent_bytes = extent_of(executable->file);
  const wire::Reply reply = device.request(request, executable->file);
  check(reply, label + " cannot be loaded in the device process",
        "link the kernel object against everything it uses; the device process offers only the C and C++ libraries");
  executable->number = reply.object;
  executable->loaded_at = reply.value;
  if (executable->object.uses_tile_library && !executable->object.has_assertions)
    plugin::log(HAL_LOG_WARN, label +
                                  " uses the tile library and was built with NDEBUG: overruns of local memory will not "
                                  "be found; compile it without -DNDEBUG");
  return executable;
}

void unload(Device &device, Executable &executable) {
  if (device.lost()) return;  // the object went with the process; what a fault's record names keeps its name
  for (const auto &[name, kernel] : executable.kernels) device.forget_kernel(kernel.id);
  const wire::Request request = {.kind = wire::RequestKind::kUnload, .object = executable.number, .name = {}};
  check(device.request(request), executable.label + " cannot be unloaded", "report this as a bug");
}

const Kernel &find_kernel(Device &device, Executable &executable, const std::string &name) {
  const std::lock_guard lock(executable.mutex);
  if (const auto found = executable.kernels.find(name); found != executable.kernels.end()) return found->second;
  wire::Request request = {.kind = wire::RequestKind::kFind, .object = executable.number, .name = {}};
  const bool exported = executable.object.functions.contains(name) && name.size() < sizeof request.name;
  if (!exported)
    throw plugin::Failure(
        HAL_ERR_NOT_FOUND,
        executable.label + " has no kernel '" + name + "'; it exports " + list(executable.object.functions),
        "export it with HAL_KERNEL(name), or extern \"C\" with default visibility");
  plugin::fault_point("sim.kernel_find");
  wire::put_text(request.name, sizeof request.name, name);
  const wire::Reply reply = device.request(request);
  check(reply, executable.label + ": kernel '" + name + "'", "export it with HAL_KERNEL(name)");
  Kernel kernel = {name, reply.value, device.name_kernel(name, executable.label), &executable};
  return executable.kernels.emplace(name, std::move(kernel)).first->second;
}

}  // namespace hal::sim
