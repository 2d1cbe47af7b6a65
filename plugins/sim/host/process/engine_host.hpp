// SPDX-License-Identifier: Apache-2.0
//
// Where a device's engine lives, seen from the host: in a process of its own, or on threads of this one.
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

// A device's memory: the files, and the addresses that kernels use.
struct Memory {
  const Fd &control;
  const Fd &arena;
  const Fd &window;
  std::uint64_t arena_address;
  std::uint64_t arena_bytes;
  std::uint64_t window_address;
  std::uint64_t window_bytes;
};

// What an engine is told of the device that it is.
struct Identity {
  std::string label;                   // "a2a3-sim 0", in front of what kernels print
  std::string hooks_path;              // of the library of the tile library's hooks
  std::vector<std::string> variables;  // "NAME=value", in the environment of kernels: local_memory.hpp
};

class EngineHome {
 public:
  virtual ~EngineHome() = default;

  // Sends a request with a copy of a descriptor, if there is one, and waits for the answer. Nothing: the engine is
  // gone.
  virtual std::optional<wire::Reply> request(const wire::Request &request, const Fd &fd) = 0;
  // A system call.
  virtual bool alive() = 0;
  // How it ended, as the end of a sentence; only once it is no longer alive.
  virtual std::string obituary() = 0;
  virtual std::int64_t process_id() const = 0;
  // Why kernels of the tile library would find another chip's local memory here; "" = they find this one's.
  virtual std::string wrong_local_memory() const { return {}; }
};

// Nothing: the addresses are taken in the new process; try others. Throws plugin::Failure.
std::unique_ptr<EngineHome> start_device_process(const std::string &executable, const Identity &identity,
                                                 const Memory &memory);

// Throws plugin::Failure.
std::unique_ptr<EngineHome> start_device_threads(wire::Control &control, const Identity &identity,
                                                 const Memory &memory);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HOST_HPP_
