// SPDX-License-Identifier: Apache-2.0
//
// Ascend A5 (950PR, 950DT).
#ifndef HAL_PLUGINS_CHIPS_A5_HPP_
#define HAL_PLUGINS_CHIPS_A5_HPP_

#include "chips/chip.hpp"

namespace hal::chips {

inline constexpr Sku kA5Skus[] = {
    {"Ascend950PR_9599", 36, 72, 128 * kGiB, 128 * kMiB, 1800 * kMHz},
    {"Ascend950PR_9579", 28, 56, 128 * kGiB, 128 * kMiB, 1650 * kMHz},
    {"Ascend950DT_9591", 36, 72, 144 * kGiB, 128 * kMiB, 1800 * kMHz},
};

inline constexpr const char *kA5SocRules[] = {"Ascend950(PR|DT)(_[0-9A-Za-z]+)?"};
inline constexpr std::string_view kA5SocStems[] = {"Ascend950"};

inline constexpr Chip kA5 = {
    .arch = "a5",
    .title = "Ascend A5",
    .skus = kA5Skus,
    .soc_rules = kA5SocRules,
    .soc_stems = kA5SocStems,
    .npu_arch = 3510,
    .aicpu_cores = 5,
    .ub_bytes = 253'952,  // from the vendor's runtime; the tile library has 262,144, so this is safe for both
    .l1_bytes = 512 * kKiB,
    .l0a_bytes = 64 * kKiB,
    .l0b_bytes = 64 * kKiB,
    .l0c_bytes = 256 * kKiB,
    .counter_hz = 1000 * kMHz,
    .allocation_tail_bytes = 0,
    .device_memory_mapped_for_host = false,
};

}  // namespace hal::chips

#endif  // HAL_PLUGINS_CHIPS_A5_HPP_
