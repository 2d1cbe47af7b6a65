// SPDX-License-Identifier: Apache-2.0
#include "support/memory_map.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "hal/hal_plugin.hpp"
#include "support/text.hpp"

namespace hal::plugins {
namespace {

bool parse(const std::string &line, Region &region) {
  int name_at = 0;
  const int fields =
      std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &region.begin,
                  &region.end, region.permissions, &region.offset, &region.inode, &name_at);
  if (fields != 5) return false;
  region.name = line.substr(static_cast<std::size_t>(name_at));
  return true;
}

bool touches(const Region &region, std::uint64_t begin, std::uint64_t end) {
  return region.begin < end && region.end > begin;
}

bool is_named(const Region &region, const char *prefix) { return region.name.starts_with(prefix); }

[[noreturn]] void refuse(const std::byte *start, std::uint64_t size, const std::string &why) {
  throw plugin::Failure(
      HAL_ERR_INVALID_ARGUMENT, range_text(start, size) + " cannot be registered: " + why,
      "register private anonymous memory (mmap, aligned_alloc), or allocate HOST_MAPPED memory instead");
}

bool has_flag(const std::string &flags_line, const std::string &flag) {
  std::istringstream words(flags_line);
  for (std::string word; words >> word;)
    if (word == flag) return true;
  return false;
}

}  // namespace

std::vector<Region> regions_of(std::uint64_t begin, std::uint64_t end) {
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/maps");
  Region region = {};
  for (std::string line; std::getline(maps, line);)
    if (parse(line, region) && touches(region, begin, end)) regions.push_back(region);
  return regions;
}

std::string import_objection(const Region &region) {
  // The kernel gives these kinds of memory the name and the inode of a file.
  if (is_named(region, "/anon_hugepage")) return "consists of huge pages (MAP_HUGETLB)";
  if (is_named(region, "/dev/zero (deleted)") || is_named(region, "/SYSV")) return "is shared memory";
  if (region.inode != 0) return "is mapped from a file";
  if (region.permissions[3] != 'p') return "is shared memory";
  if (std::strncmp(region.permissions, "rw-", 3) != 0) return "is not plain read-write memory";
  if (region.name == "[stack]") return "is a stack";
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (region.begin <= here && here < region.end) return "is a stack";
  return "";
}

std::string describe(const Region &region) {
  char text[64];
  std::snprintf(text, sizeof text, "%" PRIx64 "-%" PRIx64 " %s", region.begin, region.end, region.permissions);
  return text + (region.name.empty() ? std::string(" (anonymous)") : " " + region.name);
}

std::string range_text(const std::byte *start, std::uint64_t size_bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%p + %" PRIu64 " bytes", static_cast<const void *>(start), size_bytes);
  return text;
}

void check_importable(const std::byte *start, std::uint64_t size_bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(start);
  std::uint64_t covered = begin;
  for (const Region &region : regions_of(begin, begin + size_bytes)) {
    if (region.begin > covered) break;
    if (const std::string why = import_objection(region); !why.empty())
      refuse(start, size_bytes, describe(region) + " " + why);
    covered = region.end;
  }
  if (covered >= begin + size_bytes) return;
  refuse(start, size_bytes, "nothing is mapped at " + hex_text(covered));
}

std::vector<Region> unforked_regions_of(std::uint64_t begin, std::uint64_t end) {
  constexpr const char *kFlags = "VmFlags:";
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/smaps");
  Region region = {};
  for (std::string line; std::getline(maps, line);) {
    if (parse(line, region)) {
      if (region.begin >= end) break;
    } else if (line.starts_with(kFlags) && touches(region, begin, end) && has_flag(line, "dc")) {
      regions.push_back(region);
    }
  }
  return regions;
}

bool cover(const std::vector<Region> &regions, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t covered = begin;
  for (const Region &region : regions) {
    if (region.begin > covered) return false;
    covered = region.end;
  }
  return covered >= end;
}

}  // namespace hal::plugins
