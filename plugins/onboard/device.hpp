// SPDX-License-Identifier: Apache-2.0
//
// One open NPU: its context, whether others use it, and the objects that exist on it.
#ifndef HAL_PLUGINS_ONBOARD_DEVICE_HPP_
#define HAL_PLUGINS_ONBOARD_DEVICE_HPP_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "chips/chip.hpp"
#include "onboard/context_guard.hpp"
#include "onboard/executable.hpp"
#include "onboard/mapping.hpp"
#include "onboard/memory.hpp"
#include "onboard/runtime.hpp"
#include "onboard/stream.hpp"
#include "onboard/vendor_error.hpp"
#include "support/owned_objects.hpp"

namespace hal::onboard {

class Device {
 public:
  // Throws plugin::Failure if there is no such device, if it is another chip, or if the runtime reports an error.
  Device(const chips::Chip &chip, std::uint32_t ordinal);
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const VendorApi &api() const { return api_; }
  const chips::Chip &chip() const { return chip_; }
  std::uint32_t ordinal() const { return ordinal_; }
  const std::string &soc() const { return soc_; }
  const std::string &name() const { return name_; }
  const std::string &native_api() const { return native_api_; }

  // Makes the device current on this thread during the guard's lifetime.
  ContextGuard enter() const { return ContextGuard(api_, context_); }

  // For releasing objects. If the device is lost, other streams may still run: this stops their work first, because it
  // may use the objects.
  class Release {
   public:
    explicit Release(Device &device);

   private:
    const CallerContext caller_;
  };
  Release enter_to_release() { return Release(*this); }

  // ---- mapped host memory
  // Throws plugin::Failure, UNSUPPORTED, if this device cannot register host memory. The first call tries it.
  void check_mapping() { mapping_.check(api_, native_api_); }
  const MappedReach &mapped_reach() const { return mapped_reach_; }

  // ---- running launches
  // The caller keeps the mark from before the launch is queued until its result is known.
  LaunchMark mark_launch(std::shared_ptr<const std::string> kernel) { return {launches_, std::move(kernel)}; }
  // Whether a failed kernel must belong to the one running launch: libhal is the only user and runs one launch.
  bool has_one_launch() const { return !shared_ && launches_.load() == 1; }

  // ---- loss and reset
  // Marks the device as lost, after an error that makes its context unusable. Keeps the first cause; returns true if
  // why is the first.
  bool lose(const std::string &why);
  bool lost() const { return lost_.load(std::memory_order_acquire); }
  void throw_if_lost() const {
    if (lost()) [[unlikely]]
      throw loss();
  }
  plugin::Failure loss() const;
  // Stops running work, releases every object, then resets the device, also after a failure.
  // Throws FAILED_PRECONDITION and changes nothing if others use the device; DEVICE_LOST if work cannot be stopped.
  void reset();

  plugins::OwnedObjects<Allocation> allocations;
  plugins::OwnedObjects<Stream> streams;
  plugins::OwnedObjects<Executable> executables;

 private:
  void check_ordinal() const;
  void set_device();
  void identify();
  bool stop_work();
  void renew();
  void release_objects();
  void reset_device() noexcept;

  const StartedRuntime runtime_;  // first member: outlives everything that the destructor releases
  const VendorApi &api_;
  const chips::Chip &chip_;
  const std::uint32_t ordinal_;
  bool shared_ = false;  // others used the device, or the runtime, before libhal
  bool holds_device_ = false;
  void *context_ = nullptr;
  std::string soc_;
  std::string name_;
  std::string native_api_;
  MappedReach mapped_reach_;
  MappingTrial mapping_;
  LaunchMark::Count launches_{0};
  std::atomic<bool> lost_{false};
  mutable std::mutex loss_mutex_;
  std::string loss_cause_;
  std::mutex stop_mutex_;
  bool stopped_ = false;  // all work was stopped after the loss
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_DEVICE_HPP_
