// SPDX-License-Identifier: Apache-2.0
//
// Host memory mapped for a device through the vendor's registration calls.
#ifndef HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_
#define HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_

#include <cstddef>
#include <cstdint>

#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// One registered range. Made and undone with its device's context current: the vendor's table of ranges is one for the
// whole process and loses ranges of which another device knows too. So registrations of the process happen one after
// the other, and a range that one device has is refused to the next.
class Registration {
 public:
  Registration() = default;
  // Throws plugin::Failure, with nothing left: ALREADY_EXISTS for a range of another device, or what the runtime gave.
  // start and size are whole pages of max(4096, page size).
  Registration(const VendorApi &api, std::uint32_t ordinal, std::byte *start, std::uint64_t size_bytes);
  ~Registration();
  Registration(Registration &&other) noexcept { swap(other); }
  Registration &operator=(Registration &&other) noexcept {
    swap(other);
    return *this;
  }

  explicit operator bool() const { return api_ != nullptr; }
  std::uint64_t device_address() const { return device_address_; }

  // Throws plugin::Failure; the range is registered still.
  void undo();
  // Drops it whatever the runtime says.
  void abandon() noexcept;

 private:
  void swap(Registration &other) noexcept;
  void *map();
  void forget() noexcept;

  const VendorApi *api_ = nullptr;
  std::byte *start_ = nullptr;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t device_address_ = 0;
};

// All bytes that this process has registered through this plugin.
std::uint64_t registered_bytes();

// What there is to be registered: the host's memory. What is registered is pinned and cannot be more.
std::uint64_t host_memory_bytes();

// max(4096, page size): what a registered range starts on and consists of.
std::uint64_t register_alignment();

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_
