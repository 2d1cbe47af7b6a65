// SPDX-License-Identifier: Apache-2.0
//
// HAL_SIM_PROCESS=0: the engine on threads of the host process. A kernel that crashes takes the host with it, as a
// debugger needs. The sizes of local memory are in the environment of the process: they are those of its first device.
#include <unistd.h>

#include "hal/hal_plugin.hpp"
#include "sim/device/engine.hpp"
#include "sim/device/tile_hooks.hpp"
#include "sim/host/process/engine_host.hpp"

namespace hal::sim {
namespace {

class DeviceThreads final : public EngineHost {
 public:
  DeviceThreads(wire::Control &control, const Identity &identity)
      : engine_(control, {.hooks_path = identity.hooks_path}), other_local_memory_(set_variables(identity)) {}

  std::optional<wire::Reply> request(const Call &call) override {
    const int copy = call.fd < 0 ? -1 : dup(call.fd);
    return engine_.objects().answer(call.request, copy);
  }
  bool alive() override { return true; }
  std::string exit_description() override { return "has not ended"; }
  std::int64_t process_id() const override { return getpid(); }
  void end(const std::string &) override {}  // threads cannot be ended: no limit is enforced
  bool is_traced() const override { return false; }
  std::string state() const override { return {}; }

  std::string other_local_memory() const override { return other_local_memory_; }

 private:
  static std::string set_variables(const Identity &identity);

  device::Engine engine_;
  const std::string other_local_memory_;
};

std::string DeviceThreads::set_variables(const Identity &identity) {
  std::string why;
  if (!device::tile_hooks::open(identity.hooks_path, why))
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, why, "reinstall libhal: the library belongs in the plugin's directory");
  std::vector<std::string> texts = identity.variables;
  std::vector<hooks::Variable> variables;
  for (std::string &text : texts) {
    const std::size_t equals = text.find('=');
    text[equals] = '\0';
    variables.push_back({text.c_str(), text.c_str() + equals + 1});
  }
  const char *owner =
      device::tile_hooks::table()->set_variables(identity.label.c_str(), variables.data(), variables.size());
  return owner == nullptr ? "" : owner;
}

}  // namespace

std::unique_ptr<EngineHost> start_device_threads(wire::Control &control, const Identity &identity,
                                                 const MemoryLayout &memory) {
  map_over_reservation(memory.arena, memory.arena_address, memory.arena_bytes);
  map_over_reservation(memory.window, memory.window_address, memory.window_bytes);
  return std::make_unique<DeviceThreads>(control, identity);
}

}  // namespace hal::sim
