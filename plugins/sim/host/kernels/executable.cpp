// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernels/executable.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

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
      throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                            "the system has no memory for a kernel object: " + plugins::errno_text(errno),
                            "free memory", errno, "errno");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return file;
}

void check(const wire::Reply &reply, const std::string &what, const char *hint) {
  if (reply.status == HAL_OK) return;
  throw plugin::Failure(reply.status, what + ": " + reply.text, hint);
}

// With HAL_SIM_PROCESS=0, the tile library finds the sizes of the first device in the process.
void check_local_memory(const Engine &engine, const KernelObject &object, const std::string &label) {
  if (!object.uses_tile_library) return;
  if (const std::string other = engine.other_local_memory(); !other.empty())
    throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                          label + " uses the tile library, which has the local memory sizes of device " + other +
                              ": with HAL_SIM_PROCESS=0 they are those of the first device in the process",
                          "unset HAL_SIM_PROCESS, or use one backend and one HAL_SIM_SKU in a process");
}

void check_loaded(const wire::Reply &reply, const KernelObject &object, const std::string &label) {
  const std::string what = label + " cannot be loaded in the device process";
  if (reply.status == HAL_OK || object.origin_run_path.empty())
    return check(reply, what,
                 "link the kernel object against everything it uses; the device process offers only the C and C++ "
                 "libraries");
  throw plugin::Failure(reply.status,
                        what + ": " + reply.text + " ($ORIGIN in its run path " + object.origin_run_path +
                            " does not work: a kernel object is loaded from a copy of its bytes)",
                        "link it with an absolute run path, or link the library statically");
}

std::string list(const std::set<std::string> &names) {
  constexpr std::size_t kMost = 8;
  if (names.empty()) return "no function";
  if (names.size() <= kMost) return plugins::join(names, ", ");
  return plugins::join(std::set<std::string>(names.begin(), std::next(names.begin(), kMost)), ", ") + ", …";
}

}  // namespace

std::unique_ptr<Executable> load(Engine &engine, CodeMap &code_map, std::span<const std::byte> bytes,
                                 const std::string &label, const std::string &backend) {
  auto executable = std::make_unique<Executable>(code_map);
  LoadedObject &code = executable->code;
  code.label = label;
  executable->object = read_kernel_object(bytes, label, backend);
  check_local_memory(engine, executable->object, label);
  Call call = {.request = {}, .step = "loading " + label};
  call.request.kind = wire::RequestKind::kLoad;
  call.request.object = engine.new_object_number();
  Fd file = file_of(bytes);
  plugin::fault_point("sim.object_load");
  code.file = std::move(file);
  code.extent_bytes = extent_of(code.file);
  call.fd = code.file.get();
  const CodeMap::Step step(code_map, label + " was being loaded");
  const wire::Reply reply = engine.request(call);
  check_loaded(reply, executable->object, label);
  executable->number = call.request.object;
  code.loaded_at = reply.value;
  code_map.add(code);
  if (executable->object.uses_local_memory && !executable->object.has_assertions)
    plugin::log(HAL_LOG_WARN, label +
                                  " uses the tile library and was built with NDEBUG: overruns of local memory will not "
                                  "be found; compile it without -DNDEBUG");
  return executable;
}

void unload(Engine &engine, Executable &executable) {
  if (engine.lost()) return;  // the object ended with the process; a report still needs the names of kernels
  for (const auto &[name, kernel] : executable.kernels) executable.code_map.remove_kernel(kernel.id);
  Call call = {.request = {}, .step = "unloading " + executable.code.label};
  call.request.kind = wire::RequestKind::kUnload;
  call.request.object = executable.number;
  const CodeMap::Step step(executable.code_map, executable.code.label + " was being unloaded");
  check(engine.request(call), executable.code.label + " cannot be unloaded", "report this as a bug");
}

const Kernel &find_kernel(Engine &engine, Executable &executable, const std::string &name) {
  const std::lock_guard lock(executable.mutex);
  if (const auto found = executable.kernels.find(name); found != executable.kernels.end()) return found->second;
  const std::string &label = executable.code.label;
  Call call = {.request = {}, .step = "finding kernel '" + name + "' of " + label};
  const bool exported = executable.object.functions.contains(name) && name.size() < sizeof call.request.name;
  if (!exported)
    throw plugin::Failure(HAL_ERR_NOT_FOUND,
                          label + " has no kernel '" + name + "'; it exports " + list(executable.object.functions),
                          "export it with HAL_KERNEL(name), or extern \"C\" with default visibility");
  plugin::fault_point("sim.kernel_find");
  call.request.kind = wire::RequestKind::kFind;
  call.request.object = executable.number;
  wire::put_text(call.request.name, sizeof call.request.name, name);
  call.begin = executable.code.loaded_at;
  call.end = call.begin + executable.code.extent_bytes;
  const CodeMap::Step step(executable.code_map, "kernel " + name + " of " + label + " was being found");
  const wire::Reply reply = engine.request(std::move(call));
  check(reply, label + ": kernel '" + name + "'", "export it with HAL_KERNEL(name)");
  Kernel kernel = {name, reply.value, executable.code_map.add_kernel(name, label), &executable};
  return executable.kernels.emplace(name, std::move(kernel)).first->second;
}

}  // namespace hal::sim
