// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects that are loaded in the device's engine, their kernels, and launches of them.
#ifndef HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_
#define HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "sim/host/commands/stream.hpp"
#include "sim/host/device.hpp"
#include "sim/host/kernels/kernel_object.hpp"

namespace hal::sim {

struct Executable;

struct Kernel {
  std::string name;
  std::uint64_t function = 0;  // in the engine's process
  std::uint32_t id = 0;        // for messages
  Executable *executable = nullptr;
};

struct Executable {
  std::uint32_t number = 0;  // the engine's
  std::string label;
  Fd file;                         // its bytes, for names of functions
  std::uint64_t loaded_at = 0;     // in the engine's process
  std::uint64_t extent_bytes = 0;  // from there
  KernelObject object;
  std::mutex mutex;
  std::map<std::string, Kernel, std::less<>> kernels;
  std::atomic<bool> warned_of_bf16{false};
};

std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const std::string &label,
                                 const std::string &backend);
void unload(Device &device, Executable &executable);
const Kernel &find_kernel(Device &device, Executable &executable, const std::string &name);

// Packs a launch straight into its ring slot. Gives the ticket.
std::uint64_t launch(Device &device, Stream &stream, const hal_launch_v1_t &launch);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_
