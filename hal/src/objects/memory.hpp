// SPDX-License-Identifier: Apache-2.0
//
// An allocation or a registration.
#ifndef HAL_SRC_OBJECTS_MEMORY_HPP_
#define HAL_SRC_OBJECTS_MEMORY_HPP_

#include <cstdint>
#include <string>

#include "diagnostics/host_crash.hpp"
#include "objects/address_table.hpp"
#include "objects/device.hpp"
#include "objects/handles.hpp"
#include "objects/host_ranges.hpp"
#include "objects/in_flight.hpp"

namespace hal::core {

class Memory : public DeviceChild {
 public:
  using Handle = hal_mem_t;
  static constexpr HandleType kType = HandleType::kMem;

  Memory(Device &device, const hal_mem_desc_t &desc, std::uint64_t handle);

  // Stores the plugin's answer to mem_alloc or mem_register.
  void take(hal_pmem_t pmem, const hal_pmem_info_v1_t &info) noexcept;
  // If host crashes are reported, adds the device address to the report.
  void watch();

  Device &device() const noexcept { return device_; }
  hal_pmem_t pmem() const noexcept { return pmem_; }
  std::uint64_t handle() const noexcept { return handle_; }
  hal_mem_kind_t kind() const noexcept { return kind_; }
  std::uint64_t size() const noexcept { return size_; }
  void *host_ptr() const noexcept { return host_ptr_; }
  hal_device_addr_t device_addr() const noexcept { return device_addr_; }
  hal_mem_flags_t flags() const noexcept { return flags_; }
  hal_engine_mask_t may_reach() const noexcept { return can_reach_ | reach_unknown_; }
  bool is_registered() const noexcept { return kind_ == HAL_MEM_HOST_IMPORTED; }
  bool is_mapped() const noexcept;

  hal_mem_info_t info(std::uint64_t offset) const noexcept;
  std::string describe() const;  // "HOST_MAPPED "kv-cache" of 4096 bytes"

  const CallSite &made_at() const noexcept { return made_at_; }
  AddressRange &host_range() noexcept { return host_range_; }
  HostRange &process_range() noexcept { return process_range_; }
  AddressRange &device_range() noexcept { return device_range_; }
  InFlight &users() noexcept { return users_; }

 private:
  Device &device_;
  hal_pmem_t pmem_ = nullptr;
  const std::uint64_t handle_;
  const hal_mem_kind_t kind_;
  hal_mem_flags_t flags_ = 0;
  const std::uint64_t size_;
  void *host_ptr_ = nullptr;
  hal_device_addr_t device_addr_ = 0;
  hal_engine_mask_t can_reach_ = 0;
  hal_engine_mask_t reach_unknown_ = 0;
  AddressRange host_range_;  // in the table of the device
  HostRange process_range_;  // the same range, in the table of the process
  AddressRange device_range_;
  InFlight users_;
  WatchedRange watch_;
  const CallSite made_at_ = CallSite::here();
  char tag_[64] = {};
};

// "HOST_MAPPED"; "kind 9" for an unknown kind.
std::string mem_kind_name(hal_mem_kind_t kind);

// OUT_OF_RANGE unless [offset, offset + size) lies inside; argument is named in the message.
hal_status_t check_inside(const Memory &memory, std::uint64_t offset, std::uint64_t size, const char *argument);

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_MEMORY_HPP_
