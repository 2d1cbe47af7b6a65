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

// A request, and what the host knows about its answer.
struct Call {
  wire::Request request;
  std::string step;  // for messages, for example "loading kernels.so"
  int fd = -1;       // load: the bytes of the object. The caller owns it
  // find: the addresses of the kernel's object.
  std::uint64_t begin = 0;
  std::uint64_t end = UINT64_MAX;
};

class EngineHost {
 public:
  virtual ~EngineHost() = default;

  // Sends a request and waits for the reply. Nothing: the engine has ended, or was ended because it did not answer in
  // time or sent something else.
  virtual std::optional<wire::Reply> request(const Call &call) = 0;
  virtual bool alive() = 0;  // a system call
  // How the engine ended, for example "exited with status 1". Ends an engine that does not end by itself.
  virtual std::string exit_description() = 0;
  virtual std::int64_t process_id() const = 0;

  // The next three are for engines in a process of their own, whose limits the host enforces too.
  // Ends the process. what: the reason, for the description, for example "did not answer".
  virtual void end(const std::string &what) = 0;
  // Whether a debugger is attached. It may stop the process for as long as it likes.
  virtual bool is_traced() const = 0;
  // The state of the process as the system shows it, for example "T (stopped)". "" = unknown.
  virtual std::string state() const = 0;
  // Whether the process was ended because of HAL_SIM_LOAD_TIMEOUT_MS.
  virtual bool was_too_slow() const { return false; }

  // The label of the device whose local memory sizes kernels of the tile library find here. "" = this device.
  virtual std::string other_local_memory() const { return {}; }
};

// load_timeout_ns: for the start and for each request. Nothing: some address is in use in the new process. Throws
// plugin::Failure.
std::unique_ptr<EngineHost> start_device_process(const std::string &executable, const Identity &identity,
                                                 const MemoryLayout &memory, std::uint64_t load_timeout_ns);

// Throws plugin::Failure.
std::unique_ptr<EngineHost> start_device_threads(wire::Control &control, const Identity &identity,
                                                 const MemoryLayout &memory);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HOST_HPP_
