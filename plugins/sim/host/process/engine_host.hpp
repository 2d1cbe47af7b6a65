// SPDX-License-Identifier: Apache-2.0
//
// Runs the engine of one device: in a process of its own, or on threads of the host process.
#ifndef HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HOST_HPP_
#define HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HOST_HPP_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/host/memory/address_space.hpp"
#include "sim/wire/channel.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

// The memory files of a device, and the addresses that kernels use.
struct MemoryLayout {
  const Fd &control;
  const Fd &arena;
  const Fd &window;
  std::uint64_t arena_address;
  std::uint64_t arena_bytes;
  std::uint64_t window_address;
  std::uint64_t window_bytes;
};

// The facts about its device that an engine needs.
struct Identity {
  std::string label;                   // "a2a3-sim 0", the prefix of what kernels print
  std::string hooks_path;              // of the hooks library for kernels of the tile library
  std::vector<std::string> variables;  // "NAME=value", for the environment of kernels
};

class EngineHost {
 public:
  virtual ~EngineHost() = default;

  // Sends a request, with a copy of a descriptor if fd has one, and waits for the reply. Nothing: the engine has ended.
  virtual std::optional<wire::Reply> request(const wire::Request &request, const Fd &fd) = 0;
  virtual bool alive() = 0;  // a system call
  // How the engine ended, as the end of a sentence. Call it only after the end.
  virtual std::string exit_description() = 0;
  virtual std::int64_t process_id() const = 0;
  // The label of the device whose local memory sizes kernels of the tile library find here. "" = this device.
  virtual std::string other_local_memory() const { return {}; }
};

// Nothing: some address is in use in the new process. Throws plugin::Failure.
std::unique_ptr<EngineHost> start_device_process(const std::string &executable, const Identity &identity,
                                                 const MemoryLayout &memory);

// Throws plugin::Failure.
std::unique_ptr<EngineHost> start_device_threads(wire::Control &control, const Identity &identity,
                                                 const MemoryLayout &memory);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HOST_HPP_
