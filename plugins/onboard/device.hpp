// SPDX-License-Identifier: Apache-2.0
//
// One open NPU: its context, who else uses it, and what exists on it.
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
#include "onboard/launch_mark.hpp"
#include "onboard/mapping.hpp"
#include "onboard/memory.hpp"
#include "onboard/runtime.hpp"
#include "onboard/stream.hpp"
#include "onboard/vendor_error.hpp"
#include "support/owned_objects.hpp"

namespace hal::onboard {

class Device {
 public:
  // Throws plugin::Failure: no such device, not this chip, or what the runtime gave.
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

  // Makes the device current on this thread until the guard dies.
  ContextGuard enter() const { return ContextGuard(api_, context_); }

  // For releases: also on a device that is lost, of which other streams may still work. Their work is ended before
  // anything is taken from under it.
  class Release {
   public:
    explicit Release(Device &device);

   private:
    const CallerContext caller_;
  };
  Release enter_to_release() { return Release(*this); }

  // ---- mapped host memory
  // Throws plugin::Failure, UNSUPPORTED, if this device takes no registrations: found out by one, once.
  void check_mapping() { mapping_.check(api_, native_api_); }
  const MappedReach &mapped_reach() const { return mapped_reach_; }

  // ---- launches under way
  // To be kept from before the launch is queued until its end is known.
  LaunchMark mark_launch(std::shared_ptr<const std::string> kernel) { return {launches_, std::move(kernel)}; }
  // Whether a kernel that fails can only be that of the one launch under way: nobody had the device before libhal.
  bool has_one_launch() const { return !shared_ && launches_.load() == 1; }

  // ---- life and death
  // After a code that leaves the context poisoned. why is the first such failure's story; true: it is this one.
  bool lose(const std::string &why);
  bool lost() const { return lost_.load(std::memory_order_acquire); }
  void throw_if_lost() const {
    if (lost()) [[unlikely]]
      throw loss();
  }
  plugin::Failure loss() const;
  // Ends what is under way, releases every object, then resets the device, also after a failure.
  // FAILED_PRECONDITION, with nothing touched, if it is shared; DEVICE_LOST if work cannot be ended.
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

  const StartedRuntime runtime_;  // outlives all that the destructor releases
  const VendorApi &api_;
  const chips::Chip &chip_;
  const std::uint32_t ordinal_;
  bool shared_ = false;  // others had the device, or the runtime, before us
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
  std::string loss_story_;
  std::mutex stop_mutex_;
  bool stopped_ = false;  // after the loss
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_DEVICE_HPP_
