// SPDX-License-Identifier: Apache-2.0
//
// What a chip is, as data: read by the simulators (sizes, cores) and by the onboard plugins (which SoC names are ours).
// A new chip is one file of this shape, a line in
// chips.hpp, and two entries. Figures: docs/chips.md.
#ifndef HAL_PLUGINS_CHIPS_CHIP_HPP_
#define HAL_PLUGINS_CHIPS_CHIP_HPP_

#include <cstdint>
#include <span>
#include <string_view>

namespace hal::chips {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kMHz = 1'000'000;

// One product of a chip family.
struct Sku {
  std::string_view soc;
  std::uint32_t aic_cores;
  std::uint32_t aiv_cores;
  std::uint64_t memory_bytes;
  std::uint64_t l2_bytes;
  std::uint64_t cube_clock_hz;
};

struct Chip {
  std::string_view arch;                        // "a2a3"
  std::string_view title;                       // "Ascend A2/A3"
  std::span<const Sku> skus;                    // the first is what a simulator is unless told otherwise
  std::span<const char *const> soc_rules;       // ECMAScript patterns; a whole SoC name that matches one is this chip
  std::span<const std::string_view> soc_stems;  // names that no rule knows, but a user may vouch for, begin so
  std::int64_t npu_arch;                        // the vendor's number, common to all products of the chip
  std::uint32_t aicpu_cores;
  std::uint64_t ub_bytes;
  std::uint64_t l1_bytes;
  std::uint64_t l0a_bytes;
  std::uint64_t l0b_bytes;
  std::uint64_t l0c_bytes;
  std::uint64_t counter_hz;
  std::uint64_t allocation_tail_bytes;  // added by the vendor's allocator behind each device allocation
  bool device_memory_mapped_for_host;
};

}  // namespace hal::chips

#endif  // HAL_PLUGINS_CHIPS_CHIP_HPP_
