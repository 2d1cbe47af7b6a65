// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says is mapped in this process, for memory that a caller registers.
#ifndef HAL_PLUGINS_SUPPORT_MEMORY_MAP_HPP_
#define HAL_PLUGINS_SUPPORT_MEMORY_MAP_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hal::plugins {

// One line of /proc/self/maps.
struct Region {
  std::uint64_t begin;
  std::uint64_t end;
  char permissions[5];
  std::uint64_t offset;
  std::uint64_t inode;
  std::string name;
};

// The regions that touch [begin, end), in order.
std::vector<Region> regions_of(std::uint64_t begin, std::uint64_t end);

std::string describe(const Region &region);

// "0x7f… + 4096 bytes"
std::string range_text(const std::byte *start, std::uint64_t size_bytes);

// Throws plugin::Failure, INVALID_ARGUMENT, unless the whole range is private anonymous read-write memory and no stack.
void check_importable(const std::byte *start, std::uint64_t size_bytes);

// The part of [begin, end) whose children get no copy at fork (MADV_DONTFORK), as regions. Reads /proc/self/smaps,
// which costs more the more the process has mapped. A region that is mapped anew has lost the mark.
std::vector<Region> unforked_regions_of(std::uint64_t begin, std::uint64_t end);

// Whether these regions, in order, cover [begin, end) without a hole.
bool cover(const std::vector<Region> &regions, std::uint64_t begin, std::uint64_t end);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_MEMORY_MAP_HPP_
