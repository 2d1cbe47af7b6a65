// SPDX-License-Identifier: Apache-2.0
#include "objects/memory.hpp"

#include <fmt/format.h>

#include "diagnostics/error.hpp"
#include "hal/names.h"
#include "support/text.hpp"

namespace hal::core {

Memory::Memory(Device &device, const hal_mem_desc_t &desc, std::uint64_t handle)
    : device_(device), handle_(handle), kind_(desc.kind), size_(desc.size_bytes) {
  if (desc.tag != nullptr) copy_utf8(tag_, sizeof(tag_), desc.tag);
  host_range_.owner = this;
  device_range_.owner = this;
  if (desc.kind == HAL_MEM_HOST_IMPORTED) {
    host_ptr_ = desc.host_ptr;
    host_range_.start = reinterpret_cast<std::uint64_t>(desc.host_ptr);
    host_range_.size = size_;
    process_range_.start = host_range_.start;
    process_range_.size = size_;
  }
}

void Memory::take(hal_pmem_t pmem, const hal_pmem_info_v1_t &info) noexcept {
  pmem_ = pmem;
  flags_ = info.flags;
  device_addr_ = info.device_addr;
  can_reach_ = info.can_reach;
  reach_unknown_ = info.reach_unknown;
  if (!is_registered()) {
    host_ptr_ = info.host_ptr;
    host_range_.start = reinterpret_cast<std::uint64_t>(info.host_ptr);
    host_range_.size = info.host_ptr != nullptr ? size_ : 0;
    process_range_.start = host_range_.start;
    process_range_.size = host_range_.size;
  }
  device_range_.start = info.device_addr;
  device_range_.size = info.device_addr != 0 ? size_ : 0;
}

void Memory::watch() {
  if (!host_crash_reports.load(std::memory_order_relaxed) || device_range_.size == 0) return;
  watch_.start(device_range_.start, device_range_.size, fmt::format("{} on {}", describe(), device_.name()));
}

bool Memory::is_mapped() const noexcept {
  return kind_ == HAL_MEM_HOST_MAPPED || kind_ == HAL_MEM_HOST_IMPORTED || kind_ == HAL_MEM_DEVICE_MAPPED;
}

hal_mem_info_t Memory::info(std::uint64_t offset) const noexcept {
  hal_mem_info_t info = {};
  info.struct_size = sizeof(info);
  info.kind = kind_;
  info.mem = make_handle<hal_mem_t>(handle_);
  info.host_ptr = host_ptr_;
  info.device_addr = device_addr_;
  info.size_bytes = size_;
  info.offset_bytes = offset;
  info.can_reach = can_reach_;
  info.reach_unknown = reach_unknown_;
  info.flags = flags_;
  return info;
}

std::string Memory::describe() const {
  const std::string tag = tag_[0] == '\0' ? std::string() : fmt::format(" \"{}\"", static_cast<const char *>(tag_));
  const auto address = host_ptr_ != nullptr ? reinterpret_cast<std::uint64_t>(host_ptr_) : device_addr_;
  return fmt::format("{}{} of {} bytes at {:#x}", mem_kind_name(kind_), tag, size_, address);
}

std::string mem_kind_name(hal_mem_kind_t kind) {
  const std::string name = hal_name_of_mem_kind(kind);
  return name != "UNKNOWN" ? name : fmt::format("kind {}", kind);
}

hal_status_t check_inside(const Memory &memory, std::uint64_t offset, std::uint64_t size, const char *argument) {
  if (offset <= memory.size() && size <= memory.size() - offset) [[likely]]
    return HAL_OK;
  return fail(HAL_ERR_OUT_OF_RANGE,
              fmt::format("{}: offset {} + {} bytes is outside {}", argument, offset, size, memory.describe()),
              "stay inside the allocation");
}

}  // namespace hal::core
