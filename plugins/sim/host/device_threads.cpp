// SPDX-License-Identifier: Apache-2.0
//
// HAL_SIM_PROCESS=0: the engine on threads of this process. A kernel's crash is the host's crash, as a debugger wants
// it.
#include <unistd.h>

#include "hal/hal_plugin.hpp"
#include "sim/device/engine.hpp"
#include "sim/host/engine_home.hpp"

namespace hal::sim {
namespace {

class DeviceThreads final : public EngineHome {
 public:
  explicit DeviceThreads(wire::Control &control) : engine_(control, {}) {}

  std::optional<wire::Reply> request(const wire::Request &request, const Fd &fd) override {
    const int copy = fd.get() < 0 ? -1 : dup(fd.get());
    return engine_.objects().answer(request, copy);
  }
  bool alive() override { return true; }
  std::string obituary() override { return "has not ended"; }
  std::int64_t process_id() const override { return getpid(); }

 private:
  device::Engine engine_;
};

}  // namespace

std::unique_ptr<EngineHome> start_device_threads(wire::Control &control, const Memory &memory) {
  map_over_reservation(memory.arena, memory.arena_address, memory.arena_bytes);
  map_over_reservation(memory.window, memory.window_address, memory.window_bytes);
  return std::make_unique<DeviceThreads>(control);
}

}  // namespace hal::sim
