// SPDX-License-Identifier: Apache-2.0
//
// Chips as data. The simulators read sizes and cores; the onboard plugins read SoC names. A new chip needs a file like
// a2a3.hpp, a line in chips.hpp, and two plugins: CONTRIBUTING.md, "Add a chip".
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
  std::span<const Sku> skus;                    // the first is the default of the simulator
  std::span<const char *const> soc_rules;       // ECMAScript patterns for whole SoC names of this chip
  std::span<const std::string_view> soc_stems;  // prefixes of SoC names that a user may accept although no rule matches
  std::int64_t npu_arch;                        // the vendor's number of the architecture
  std::uint32_t aicpu_cores;
  std::uint64_t ub_bytes;
  std::uint64_t l1_bytes;
  std::uint64_t l0a_bytes;
  std::uint64_t l0b_bytes;
  std::uint64_t l0c_bytes;
  std::uint64_t counter_hz;
  std::uint64_t allocation_tail_bytes;  // the vendor's allocator adds them to each allocation
  bool device_memory_mapped_for_host;
};

}  // namespace hal::chips

#endif  // HAL_PLUGINS_CHIPS_CHIP_HPP_
