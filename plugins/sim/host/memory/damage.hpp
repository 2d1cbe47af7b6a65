// SPDX-License-Identifier: Apache-2.0
//
// Reports of writes outside of allocations.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_DAMAGE_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_DAMAGE_HPP_

#include "hal/hal_plugin.hpp"
#include "sim/host/memory/sanitizer.hpp"

namespace hal::sim {

// The facts about an allocation that the calling thread makes now. kind must stay valid.
Origin make_origin(const hal_mem_desc_t &desc, const char *kind, std::uint64_t start);

// KERNEL_FAULT. more: other damaged allocations. base: the device address of offset 0 of the sanitizer's memory.
plugin::Failure damage_failure(const Damage &damage, std::uint64_t more, std::uint32_t ordinal, std::uint64_t base);

void log_failure(const plugin::Failure &failure);
// Logs the damage that no check has reported.
void log_damage(Sanitizer &sanitizer, std::uint32_t ordinal, std::uint64_t base) noexcept;

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_DAMAGE_HPP_
