// SPDX-License-Identifier: Apache-2.0
//
// What can be told of a kernel object before any of its code is loaded.
#ifndef HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_
#define HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "hal/hal.h"

namespace hal::sim {

struct KernelObject {
  std::string backend;              // "" = a foreign object: it does not say
  hal_engine_mask_t engine = 0;     // 0 = it does not say
  std::set<std::string> functions;  // exported
  // It names what the tile library's CPU mode looks up: its hooks, or the variables with local memory's sizes.
  bool uses_tile_library = false;
  bool has_assertions = false;  // the library's bounds checks are assertions: without NDEBUG
};

// Reads an ELF shared object for this machine. label is for messages. Throws plugin::Failure, INVALID_ARGUMENT: not
// one, or made for another backend than this.
KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label, const std::string &backend);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_
