// SPDX-License-Identifier: Apache-2.0
//
// What memory holds that kernels must not write. Each byte depends on its address, so that a row that was copied from
// one such place to another differs from what belongs there.
#ifndef HAL_PLUGINS_SIM_HOST_MEMORY_PATTERN_HPP_
#define HAL_PLUGINS_SIM_HOST_MEMORY_PATTERN_HPP_

#include <cstddef>
#include <cstdint>

namespace hal::sim {

// Fills the bytes at data, as bytes that belong to an address. The address need not be that of data. The high byte of
// each 16-bit word is 0x3c to 0x3f. As a float of 16, 32 or 64 bits, each word is positive and less than 2, so adding 1
// changes it.
void fill_pattern(std::byte *data, std::uint64_t address, std::uint64_t size_bytes) noexcept;

struct Changes {
  std::uint64_t first = 0;  // relative to data
  std::uint64_t bytes = 0;
};

// Counts the bytes that differ from the pattern, and repairs them.
Changes repair_pattern(std::byte *data, std::uint64_t address, std::uint64_t size_bytes) noexcept;

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_MEMORY_PATTERN_HPP_
