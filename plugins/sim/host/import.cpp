// SPDX-License-Identifier: Apache-2.0
#include "sim/host/import.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

// One line of /proc/self/maps.
struct Region {
  std::uint64_t begin;
  std::uint64_t end;
  char permissions[5];
  std::uint64_t offset;
  std::uint64_t inode;
  std::string name;
};

bool parse(const std::string &line, Region &region) {
  int name_at = 0;
  const int fields =
      std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &region.begin,
                  &region.end, region.permissions, &region.offset, &region.inode, &name_at);
  if (fields != 5) return false;
  region.name = line.substr(static_cast<std::size_t>(name_at));
  return true;
}

// The regions that touch [begin, end), in order.
std::vector<Region> regions_of(std::uint64_t begin, std::uint64_t end) {
  std::vector<Region> regions;
  std::ifstream maps("/proc/self/maps");
  Region region = {};
  for (std::string line; std::getline(maps, line);)
    if (parse(line, region) && region.begin < end && region.end > begin) regions.push_back(region);
  return regions;
}

std::string describe(const Region &region) {
  char text[64];
  std::snprintf(text, sizeof text, "%" PRIx64 "-%" PRIx64 " %s", region.begin, region.end, region.permissions);
  return text + (region.name.empty() ? std::string(" (anonymous)") : " " + region.name);
}

// Why a region cannot be imported; "" = it can.
std::string objection(const Region &region) {
  if (region.inode != 0) return "is mapped from a file";
  if (region.permissions[3] != 'p') return "is shared memory";
  if (std::strncmp(region.permissions, "rw-", 3) != 0) return "is not plain read-write memory";
  if (region.name == "[stack]") return "is a stack";
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (region.begin <= here && here < region.end) return "is a stack";
  return "";
}

[[noreturn]] void refuse(const std::byte *start, std::uint64_t size, const std::string &why) {
  char range[64];
  std::snprintf(range, sizeof range, "%p + %" PRIu64 " bytes", static_cast<const void *>(start), size);
  throw plugin::Failure(
      HAL_ERR_INVALID_ARGUMENT, std::string(range) + " cannot be registered: " + why,
      "register private anonymous memory (mmap, aligned_alloc), or allocate HOST_MAPPED memory instead");
}

void check_range(const std::byte *start, std::uint64_t size_bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(start);
  std::uint64_t covered = begin;
  for (const Region &region : regions_of(begin, begin + size_bytes)) {
    if (region.begin > covered) break;
    if (const std::string why = objection(region); !why.empty())
      refuse(start, size_bytes, describe(region) + " " + why);
    covered = region.end;
  }
  if (covered >= begin + size_bytes) return;
  char hole[19];
  std::snprintf(hole, sizeof hole, "0x%" PRIx64, covered);
  refuse(start, size_bytes, std::string("nothing is mapped at ") + hole);
}

// Whether [begin, end) still shows the block's part of the window; else what lies there.
std::string occupant(const Fd &window_file, const WindowBlock &block, std::uint64_t begin, std::uint64_t end) {
  struct stat state = {};
  fstat(window_file.get(), &state);
  std::uint64_t covered = begin;
  for (const Region &region : regions_of(begin, end)) {
    const bool ours = region.inode == state.st_ino && region.begin <= covered &&
                      region.offset + (covered - region.begin) == block.offset() + (covered - begin);
    if (!ours) return "now there: " + describe(region);
    covered = region.end;
  }
  return covered >= end ? "" : "part of it is not mapped any more";
}

[[noreturn]] void throw_no_room(std::uint64_t size_bytes, int error) {
  throw plugin::Failure(
      HAL_ERR_OUT_OF_MEMORY,
      "no plain memory to put in place of " + std::to_string(size_bytes) + " registered bytes: " + errno_text(error),
      "free memory and unregister again; the range is still registered", error, "errno");
}

}  // namespace

std::string range_text(const std::byte *start, std::uint64_t size_bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%p + %" PRIu64 " bytes", static_cast<const void *>(start), size_bytes);
  return text;
}

void attach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes) {
  check_range(start, size_bytes);
  std::memcpy(block.view(), start, size_bytes);
  plugin::fault_point("sim.import_map");
  if (mmap(start, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, window_file.get(),
           static_cast<off_t>(block.offset())) == MAP_FAILED)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, "cannot map the registered range: " + errno_text(errno),
                          "raise the limit of mappings (sysctl vm.max_map_count)", errno, "errno");
}

std::string detach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(start);
  if (std::string found = occupant(window_file, block, begin, begin + size_bytes); !found.empty()) return found;
  plugin::fault_point("sim.export_map");
  void *plain = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (plain == MAP_FAILED) throw_no_room(size_bytes, errno);
  std::memcpy(plain, block.view(), size_bytes);
  if (mremap(plain, size_bytes, size_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, start) != MAP_FAILED) return "";
  const int error = errno;
  munmap(plain, size_bytes);
  throw_no_room(size_bytes, error);
}

bool force_detach_range(const WindowBlock &block, std::byte *start, std::uint64_t size_bytes) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap(start, size_bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0) == MAP_FAILED) return false;
  std::memcpy(start, block.view(), size_bytes);
  return true;
}

}  // namespace hal::sim
