// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/registered_range.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "hal/hal_plugin.hpp"
#include "support/memory_map.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

using plugins::Region;
using plugins::regions_of;

// "" if the block is still mapped at [begin, end), else what is mapped there.
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
  return covered >= end ? "" : "part of it is no longer mapped";
}

[[noreturn]] void throw_no_room(std::uint64_t size_bytes, int error) {
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        "the system has no memory to replace " + std::to_string(size_bytes) +
                            " registered bytes: " + plugins::errno_text(error),
                        "free memory and unregister the range again; it is still registered", error, "errno");
}

}  // namespace

void attach_range(const Fd &window_file, const WindowBlock &block, std::byte *start, std::uint64_t size_bytes) {
  plugins::check_importable(start, size_bytes);
  std::memcpy(block.view(), start, size_bytes);
  plugin::fault_point("sim.import_map");
  if (mmap(start, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, window_file.get(),
           static_cast<off_t>(block.offset())) == MAP_FAILED)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, "cannot map the registered range: " + plugins::errno_text(errno),
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
