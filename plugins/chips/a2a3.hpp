// SPDX-License-Identifier: Apache-2.0
//
// Ascend A2 (910B) and A3 (910_93).
#ifndef HAL_PLUGINS_CHIPS_A2A3_HPP_
#define HAL_PLUGINS_CHIPS_A2A3_HPP_

#include "chips/chip.hpp"

namespace hal::chips {

inline constexpr Sku kA2A3Skus[] = {
    {"Ascend910B1", 24, 48, 64 * kGiB, 192 * kMiB, 1850 * kMHz},
    {"Ascend910B3", 20, 40, 64 * kGiB, 192 * kMiB, 1800 * kMHz},
    {"Ascend910B4", 20, 40, 32 * kGiB, 96 * kMiB, 1500 * kMHz},
    {"Ascend910_9391", 24, 48, 64 * kGiB, 192 * kMiB, 1850 * kMHz},
    {"Ascend910_9392", 24, 48, 64 * kGiB, 192 * kMiB, 1850 * kMHz},
};

// "Ascend910B" without a digit is a chip of the first generation, so a digit must follow.
inline constexpr const char *kA2A3SocRules[] = {"Ascend910B[1-9][0-9A-Z]*(-[0-9]+)?", "Ascend910_93[0-9]{2}"};
inline constexpr std::string_view kA2A3SocStems[] = {"Ascend910B", "Ascend910_93"};

inline constexpr Chip kA2A3 = {
    .arch = "a2a3",
    .title = "Ascend A2/A3",
    .skus = kA2A3Skus,
    .soc_rules = kA2A3SocRules,
    .soc_stems = kA2A3SocStems,
    .npu_arch = 2201,
    .aicpu_cores = 4,
    .ub_bytes = 192 * kKiB,
    .l1_bytes = 512 * kKiB,
    .l0a_bytes = 64 * kKiB,
    .l0b_bytes = 64 * kKiB,
    .l0c_bytes = 128 * kKiB,
    .counter_hz = 50 * kMHz,
    .allocation_tail_bytes = 32,
    .device_memory_mapped_for_host = true,
};

}  // namespace hal::chips

#endif  // HAL_PLUGINS_CHIPS_A2A3_HPP_
