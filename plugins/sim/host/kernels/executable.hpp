// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects that are loaded in the device's engine, and their kernels.
#ifndef HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_
#define HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "sim/host/kernels/kernel_object.hpp"
#include "sim/host/process/engine.hpp"
#include "sim/host/reports/code_map.hpp"

namespace hal::sim {

struct Executable;

struct Kernel {
  std::string name;
  std::uint64_t function = 0;  // its address in the process of the engine
  std::uint32_t id = 0;        // in the code map
  Executable *executable = nullptr;
};

struct Executable {
  explicit Executable(CodeMap &map) : code_map(map) {}
  ~Executable() { code_map.remove(code); }
  Executable(const Executable &) = delete;
  Executable &operator=(const Executable &) = delete;

  CodeMap &code_map;
  LoadedObject code;
  std::uint32_t number = 0;  // of the engine
  KernelObject object;
  std::mutex mutex;
  std::map<std::string, Kernel, std::less<>> kernels;  // guarded by mutex
  std::atomic<bool> warned_of_bf16{false};
};

// These throw plugin::Failure. label names the object in messages.
std::unique_ptr<Executable> load(Engine &engine, CodeMap &code_map, std::span<const std::byte> bytes,
                                 const std::string &label, const std::string &backend);
void unload(Engine &engine, Executable &executable);
const Kernel &find_kernel(Engine &engine, Executable &executable, const std::string &name);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_KERNELS_EXECUTABLE_HPP_
