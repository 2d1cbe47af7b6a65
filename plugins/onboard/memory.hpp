// SPDX-License-Identifier: Apache-2.0
//
// Memory of every kind: whether a device supports it, which engines reach it, and how it is allocated.
#ifndef HAL_PLUGINS_ONBOARD_MEMORY_HPP_
#define HAL_PLUGINS_ONBOARD_MEMORY_HPP_

#include <memory>

#include "hal/hal_plugin.h"
#include "onboard/registration.hpp"

namespace hal::onboard {

class Device;

// Owns the vendor's memory of one allocation.
class Block {
 public:
  Block() = default;
  Block(const VendorApi &api, const Call<void *> &free_call, void *start)
      : api_(&api), free_call_(&free_call), start_(start) {}
  ~Block();
  Block(Block &&other) noexcept { swap(other); }
  Block &operator=(Block &&other) noexcept {
    swap(other);
    return *this;
  }

  std::byte *start() const { return static_cast<std::byte *>(start_); }
  // Throws plugin::Failure; the block then stays allocated.
  void free();

 private:
  void swap(Block &other) noexcept;

  const VendorApi *api_ = nullptr;
  const Call<void *> *free_call_ = nullptr;
  void *start_ = nullptr;
};

// One allocation or registration. The device's context must be current when it is destroyed, except after give_back.
struct Allocation {
  explicit Allocation(Device &owner) : device(owner) {}
  ~Allocation();

  Device &device;
  hal_mem_kind_t kind = HAL_MEM_UNKNOWN;
  std::uint64_t size_bytes = 0;
  std::byte *host = nullptr;
  std::uint64_t device_address = 0;
  bool unforked = false;      // HOST_IMPORTED: marked MADV_DONTFORK, which shows later if the memory was replaced
  Block block;                // every kind except HOST_IMPORTED
  Registration registration;  // HOST_MAPPED, HOST_IMPORTED; after block, so that it is destroyed first
};

void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps);
std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc);
std::unique_ptr<Allocation> import(Device &device, const hal_mem_desc_t &desc);
void describe(Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info);

// Unregisters, then frees. Throws plugin::Failure; memory that could not be released then stays allocated. On a lost
// device errors are ignored. Returns false if an imported range was unmapped or replaced; the registration is dropped
// even then.
bool give_back(Device &device, Allocation &allocation);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_MEMORY_HPP_
