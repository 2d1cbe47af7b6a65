// SPDX-License-Identifier: Apache-2.0
//
// What the tile library is told of a product: it reads sizes and the number of cores from the environment of the
// process that runs kernels, on a thread's first use.
#ifndef HAL_PLUGINS_SIM_HOST_LOCAL_MEMORY_HPP_
#define HAL_PLUGINS_SIM_HOST_LOCAL_MEMORY_HPP_

#include <string>
#include <vector>

#include "chips/chip.hpp"

namespace hal::sim {

// "NAME=value" each.
std::vector<std::string> local_memory_variables(const chips::Chip &chip, const chips::Sku &sku);

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_LOCAL_MEMORY_HPP_
