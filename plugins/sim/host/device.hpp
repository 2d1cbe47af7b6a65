// SPDX-License-Identifier: Apache-2.0
//
// One simulated device: its parts, and how they start and reset together.
#ifndef HAL_PLUGINS_SIM_HOST_DEVICE_HPP_
#define HAL_PLUGINS_SIM_HOST_DEVICE_HPP_

#include <cstdint>
#include <string>

#include "chips/chip.hpp"
#include "sim/host/commands/command_ring.hpp"
#include "sim/host/commands/stream.hpp"
#include "sim/host/kernels/executable.hpp"
#include "sim/host/memory/allocation.hpp"
#include "sim/host/options.hpp"
#include "sim/host/process/engine.hpp"
#include "sim/host/reports/code_map.hpp"
#include "sim/host/reports/fault_report.hpp"
#include "support/owned_objects.hpp"

namespace hal::sim {

class Device {
 public:
  // helper_path: the program of the device process. hooks_path: the hooks library. Throws plugin::Failure.
  Device(const chips::Chip &chip, const Options &options, std::uint32_t ordinal, const std::string &helper_path,
         const std::string &hooks_path, const std::string &backend);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const chips::Chip &chip() const { return memory_.chip(); }
  const std::string &name() const { return name_; }
  const std::string &soc() const { return soc_; }
  std::uint64_t property(hal_property_t property);  // throws plugin::Failure: UNSUPPORTED

  DeviceMemory &memory() { return memory_; }
  const DeviceMemory &memory() const { return memory_; }
  CodeMap &code() { return code_; }
  Engine &engine() { return engine_; }
  CommandRing &ring() { return ring_; }

  // Releases every object and starts a new engine. Throws plugin::Failure: the device stays lost.
  void reset();

  AllocationList allocations;
  plugins::OwnedObjects<Stream> streams;
  plugins::OwnedObjects<Executable> executables;

 private:
  void start();
  void release_objects();

  const chips::Sku &sku_;
  const std::string name_;
  const std::string soc_;
  DeviceMemory memory_;
  CodeMap code_;
  FaultReporter reporter_;
  Engine engine_;
  CommandRing ring_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_DEVICE_HPP_
