// SPDX-License-Identifier: Apache-2.0
//
// The facts about a kernel object that are known before its code is loaded.
#ifndef HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_
#define HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "hal/hal.h"

namespace hal::sim {

struct KernelObject {
  std::string backend;              // "" = unknown: hal_add_kernel did not build it
  hal_engine_mask_t engine = 0;     // 0 = unknown
  std::set<std::string> functions;  // exported
  // It contains names that the CPU mode of the tile library looks up: hooks, or variables with local memory sizes.
  bool uses_tile_library = false;
  // It contains the names of the variables with local memory sizes: the part of the library that checks bounds.
  bool uses_local_memory = false;
  bool has_assertions = false;  // it was built without NDEBUG: the library's bounds checks are assertions
  std::string origin_run_path;  // its run path (DT_RUNPATH or DT_RPATH) if that uses $ORIGIN
};

// Reads an ELF shared object for this machine. label names it in messages. Throws plugin::Failure, INVALID_ARGUMENT, if
// it is something else or was built for another backend.
KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label, const std::string &backend);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_KERNELS_KERNEL_OBJECT_HPP_
