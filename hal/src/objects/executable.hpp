// SPDX-License-Identifier: Apache-2.0
//
// A loaded kernel object and the kernels found in it.
#ifndef HAL_SRC_OBJECTS_EXECUTABLE_HPP_
#define HAL_SRC_OBJECTS_EXECUTABLE_HPP_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "objects/device.hpp"
#include "objects/handles.hpp"
#include "objects/in_flight.hpp"

namespace hal::core {

class Executable;

struct Kernel {
  using Handle = hal_kernel_t;
  static constexpr HandleType kType = HandleType::kKernel;

  Executable &executable;
  hal_pkernel_t pkernel = nullptr;
  hal_convention_t convention = HAL_CONVENTION_DEFAULT;
  hal_engine_mask_t engine = 0;
  hal_kernel_flags_t flags = 0;
  std::string name;
  std::uint64_t handle = 0;
};

class Executable : public DeviceChild {
 public:
  using Handle = hal_executable_t;
  static constexpr HandleType kType = HandleType::kExecutable;

  Executable(Device &device, std::string label, std::uint64_t handle)
      : device_(device), label_(std::move(label)), handle_(handle) {}

  Device &device() const noexcept { return device_; }
  const std::string &label() const noexcept { return label_; }
  std::uint64_t handle() const noexcept { return handle_; }
  hal_pexec_t pexec() const noexcept { return pexec_; }
  void set_pexec(hal_pexec_t pexec) noexcept { pexec_ = pexec; }
  const CallSite &made_at() const noexcept { return made_at_; }
  InFlight &users() noexcept { return users_; }

  // The kernel's handle; a name always has the same one. Asks the plugin at most once per name and thread.
  hal_status_t find(std::string_view name, hal_kernel_t *kernel);

  // Claims all kernels, or none if another thread is inside a call on one of them.
  bool claim_kernels() noexcept;
  void unclaim_kernels() noexcept;
  // Releases the handles of the claimed kernels.
  void release_kernels() noexcept;

 private:
  hal_kernel_t known(std::string_view name);
  hal_status_t ask_plugin(const std::string &name, Kernel &kernel);

  Device &device_;
  const std::string label_;
  const std::uint64_t handle_;
  const CallSite made_at_ = CallSite::here();
  hal_pexec_t pexec_ = nullptr;
  InFlight users_;
  std::mutex mutex_;  // kernels_
  std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels_;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_EXECUTABLE_HPP_
