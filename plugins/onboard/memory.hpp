// SPDX-License-Identifier: Apache-2.0
//
// Memory of every kind: whether it is possible, who reaches it, and how it is made.
#ifndef HAL_PLUGINS_ONBOARD_MEMORY_HPP_
#define HAL_PLUGINS_ONBOARD_MEMORY_HPP_

#include <memory>

#include "hal/hal_plugin.h"
#include "onboard/registration.hpp"

namespace hal::onboard {

class Device;

// What the vendor gave for one allocation; given back with it.
class Block {
 public:
  Block() = default;
  Block(const VendorApi &api, const Call<void *> &give_back, void *start)
      : api_(&api), give_back_(&give_back), start_(start) {}
  ~Block();
  Block(Block &&other) noexcept { swap(other); }
  Block &operator=(Block &&other) noexcept {
    swap(other);
    return *this;
  }

  std::byte *start() const { return static_cast<std::byte *>(start_); }
  // Throws plugin::Failure; the block is there still.
  void free();

 private:
  void swap(Block &other) noexcept;

  const VendorApi *api_ = nullptr;
  const Call<void *> *give_back_ = nullptr;
  void *start_ = nullptr;
};

// One allocation or registration. Dies with its device's context current, except by a call of give_back.
struct Allocation {
  explicit Allocation(Device &owner) : device(owner) {}
  ~Allocation();

  Device &device;
  hal_mem_kind_t kind = HAL_MEM_UNKNOWN;
  std::uint64_t size_bytes = 0;
  std::byte *host = nullptr;
  std::uint64_t device_address = 0;
  bool unforked = false;      // HOST_IMPORTED: marked, so that a new owner of the range is noticed
  Block block;                // all but HOST_IMPORTED
  Registration registration;  // HOST_MAPPED, HOST_IMPORTED; goes before the block does
};

void query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps);
std::unique_ptr<Allocation> allocate(Device &device, const hal_mem_desc_t &desc);
std::unique_ptr<Allocation> import(Device &device, const hal_mem_desc_t &desc);
void describe(Device &device, const Allocation &allocation, hal_pmem_info_v1_t &info);

// Unregisters, then frees. Throws plugin::Failure, and what could not be given back is there still. Of a lost device
// everything counts as given back. False: the owner of an imported range has unmapped it meanwhile, or put other memory
// there; the registration is gone all the same.
bool give_back(Device &device, Allocation &allocation);

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_MEMORY_HPP_
