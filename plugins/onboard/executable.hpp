// SPDX-License-Identifier: Apache-2.0
//
// Kernel objects and the kernels in them.
#ifndef HAL_PLUGINS_ONBOARD_EXECUTABLE_HPP_
#define HAL_PLUGINS_ONBOARD_EXECUTABLE_HPP_

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "support/kernel_note.hpp"

namespace hal::onboard {

class Device;
struct Executable;

struct Kernel {
  const Executable *executable;
  std::shared_ptr<const std::string> name;  // shared with launches that outlive the executable on a lost device
  void *function;
};

struct Executable {
  explicit Executable(Device &owner) : device(owner) {}
  // The device's context must be current.
  ~Executable();

  Device &device;
  std::string label;
  std::vector<std::byte> bytes;  // kept: the vendor does not document how long it needs them
  plugins::KernelNote note;      // if found, the kernels take the address of the 48 argument words
  void *binary = nullptr;
  std::mutex mutex;
  std::map<std::string, Kernel, std::less<>> kernels;
};

// Throws plugin::Failure.
std::unique_ptr<Executable> load(Device &device, std::span<const std::byte> bytes, const std::string &label,
                                 const std::string &backend);
// Throws plugin::Failure; the executable then stays loaded.
void unload(Executable &executable);
// Throws plugin::Failure, NOT_FOUND, if there is no such kernel. The result is valid as long as the executable.
const Kernel &find_kernel(Executable &executable, const std::string &name);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_EXECUTABLE_HPP_
