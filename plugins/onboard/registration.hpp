// SPDX-License-Identifier: Apache-2.0
//
// Maps host memory for a device with the vendor's registration calls.
#ifndef HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_
#define HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_

#include <cstddef>
#include <cstdint>

#include "onboard/vendor_api.hpp"

namespace hal::onboard {

// One registered range. The device's context must be current when it is created and when it is destroyed. The vendor
// keeps one table of ranges per process, and that table loses a range that two devices register. So this process makes
// one registration at a time and refuses a range that another device has registered.
class Registration {
 public:
  Registration() = default;
  // Throws plugin::Failure and leaves nothing registered: ALREADY_EXISTS if the range overlaps a registered one, or the
  // runtime's error. start and size_bytes are multiples of register_alignment().
  Registration(const VendorApi &api, std::uint32_t ordinal, std::byte *start, std::uint64_t size_bytes);
  ~Registration();
  Registration(Registration &&other) noexcept { swap(other); }
  Registration &operator=(Registration &&other) noexcept {
    swap(other);
    return *this;
  }

  explicit operator bool() const { return api_ != nullptr; }
  std::uint64_t device_address() const { return device_address_; }

  // Unregisters the range. Throws plugin::Failure; the range then stays registered.
  void undo();
  // Unregisters the range. Logs an error of the runtime and drops the range even then.
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

// The bytes that this process has registered through this plugin.
std::uint64_t registered_bytes();

// The host's physical memory: the limit for registrations, because registered memory is pinned.
std::uint64_t host_memory_bytes();

// The alignment and granularity of registered ranges: max(4096, page size).
std::uint64_t register_alignment();

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_REGISTRATION_HPP_
