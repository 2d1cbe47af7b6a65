// SPDX-License-Identifier: Apache-2.0
//
// Checks of memory descriptors that are the same for every backend, made before a plugin is called.
#ifndef HAL_SRC_OBJECTS_MEM_RULES_HPP_
#define HAL_SRC_OBJECTS_MEM_RULES_HPP_

#include <cstdint>

#include "hal/hal.h"
#include "objects/device.hpp"

namespace hal::core {

inline constexpr hal_engine_mask_t kAllEngines =
    HAL_ENGINE_HOST | HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU | HAL_ENGINE_SDMA;

// "AIC|AIV"; "none" for 0.
std::string engine_names(hal_engine_mask_t engines);

// Reads the descriptor; checks NULL, struct_size, flags and reserved fields.
hal_status_t read_mem_desc(const hal_mem_desc_t *given, hal_mem_desc_t &desc);

// The rules of hal_mem_alloc and hal_mem_register. hal_mem_query allows a NULL host_ptr (host_ptr_needed = false).
hal_status_t check_alloc_desc(const hal_mem_desc_t &desc);
hal_status_t check_register_desc(const hal_mem_desc_t &desc, bool host_ptr_needed);

// Checks must_reach against the engines that reach the memory.
hal_status_t check_reach(const Device &device, const hal_mem_desc_t &desc, hal_engine_mask_t can_reach,
                         hal_engine_mask_t reach_unknown);

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_MEM_RULES_HPP_
