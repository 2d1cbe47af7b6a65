// SPDX-License-Identifier: Apache-2.0
//
// The mapped memory of this process, from /proc/self/maps.
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

// The regions that overlap [begin, end), in order.
std::vector<Region> regions_of(std::uint64_t begin, std::uint64_t end);

std::string describe(const Region &region);

// The reason why a region cannot be registered, for example "is mapped from a file". "" = it can.
std::string import_objection(const Region &region);

// "0x7f… + 4096 bytes"
std::string range_text(const std::byte *start, std::uint64_t size_bytes);

// Throws plugin::Failure, INVALID_ARGUMENT, unless the whole range is private anonymous read-write memory outside of
// stacks.
void check_importable(const std::byte *start, std::uint64_t size_bytes);

// The regions of [begin, end) that a fork does not copy (MADV_DONTFORK). A region that is mapped anew is copied again.
// Reads /proc/self/smaps: slow in a process with many mappings.
std::vector<Region> unforked_regions_of(std::uint64_t begin, std::uint64_t end);

// Whether these regions, in order, cover [begin, end) without gaps.
bool cover(const std::vector<Region> &regions, std::uint64_t begin, std::uint64_t end);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_MEMORY_MAP_HPP_
