// SPDX-License-Identifier: Apache-2.0
//
// The device's view of host memory. A device can access only shared memory. So the caller's private pages are replaced
// by shared pages with the same content and address. They become private again when no registration uses them.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine.hpp"
#include "standin.h"

namespace standin {

std::vector<Area> areas_of(Address address, std::uint64_t bytes) {
  std::vector<Area> out;
  std::FILE *file = std::fopen("/proc/self/maps", "re");
  if (file == nullptr) return out;
  char *line = nullptr;
  std::size_t line_capacity = 0;
  Address next = address;
  const Address end = address + bytes;
  while (next < end && (::getline(&line, &line_capacity, file)) > 0) {
    unsigned long from = 0, to = 0;
    char flags[8] = {};
    if (std::sscanf(line, "%lx-%lx %7s", &from, &to, flags) != 3 || to <= next) continue;
    if (from > next) break;
    Area area;
    area.begin = next;
    area.end = std::min<Address>(to, end);
    area.readable = flags[0] == 'r';
    area.writable = flags[1] == 'w';
    area.shared = flags[3] == 's';
    out.push_back(area);
    next = area.end;
  }
  std::free(line);
  std::fclose(file);
  if (next < end) out.clear();
  return out;
}

namespace {

// Maps the same pages at `to`. mremap does this for shared memory if the old size is 0.
bool view_at(Address from, std::size_t length, Address to) {
  return ::mremap(reinterpret_cast<void *>(from), 0, length, MREMAP_MAYMOVE | MREMAP_FIXED,
                  reinterpret_cast<void *>(to)) != MAP_FAILED;
}

// Replaces private pages by shared pages with the same content. A concurrent write is lost.
bool share(Address address, std::size_t length) {
  void *fresh = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) return false;
  std::memcpy(fresh, reinterpret_cast<void *>(address), length);
  if (::mremap(fresh, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, reinterpret_cast<void *>(address)) != MAP_FAILED) {
    return true;
  }
  ::munmap(fresh, length);
  return false;
}

// The reverse. The new mapping is made at its final address, so that the kernel merges it with its neighbours again.
void make_private(Address address, std::size_t length) {
  auto *start = reinterpret_cast<char *>(address);
  const std::vector<char> content(start, start + length);
  if (::mmap(start, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
    std::perror("stand-in: restoring the caller's private pages");
    std::abort();
  }
  std::memcpy(start, content.data(), length);
}

bool needed(Engine &e, const Converted &piece) {
  for (const auto &[number, device] : e.devices) {
    for (const auto &[host, mapping] : device->mappings) {
      if (host < piece.address + piece.length && piece.address < host + mapping.bytes) return true;
    }
  }
  return false;
}

}  // namespace

Address second_view(Engine &e, Address host, std::uint64_t bytes) {
  void *reserved = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return 0;
  const Address view = reinterpret_cast<Address>(reserved);
  bool good = true;
  for (const Area &area : areas_of(host, bytes)) {
    const std::size_t length = area.end - area.begin;
    if (!area.shared) {
      good = good && share(area.begin, length);
      if (good) e.converted.push_back({area.begin, length});
    }
    good = good && view_at(area.begin, length, view + (area.begin - host));
  }
  if (good && ::mprotect(reserved, bytes, PROT_NONE) == 0) return view;
  ::munmap(reserved, bytes);
  restore_private(e, host, bytes);
  return 0;
}

void close_view(Address view, std::uint64_t bytes) { ::munmap(reinterpret_cast<void *>(view), bytes); }

void restore_private(Engine &e, Address host, std::uint64_t bytes) {
  for (std::size_t i = 0; i < e.converted.size();) {
    const Converted piece = e.converted[i];
    const bool touches = piece.address < host + bytes && host < piece.address + piece.length;
    if (!touches || needed(e, piece)) {
      ++i;
      continue;
    }
    e.converted.erase(e.converted.begin() + static_cast<std::ptrdiff_t>(i));
    const std::vector<Area> areas = areas_of(piece.address, piece.length);
    const bool ours = !areas.empty() && std::all_of(areas.begin(), areas.end(),
                                                    [](const Area &area) { return area.shared && area.writable; });
    if (!ours) {
      violation("memory at %p was unmapped or replaced while it was registered",
                reinterpret_cast<void *>(piece.address));
    } else {
      make_private(piece.address, piece.length);
    }
  }
}

}  // namespace standin

int standin_peek(uint64_t device_address, void *out, size_t bytes) {
  using namespace standin;
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  const Place place = locate(e, reinterpret_cast<const void *>(device_address), bytes);
  if (place.where == Where::device) {
    std::memcpy(out, e.devices.at(place.device)->arena.alias(device_address), bytes);
    return 0;
  }
  const Mapping *mapping = mapping_within(e, device_address, bytes);
  if (mapping == nullptr) return -1;
  std::memcpy(out, reinterpret_cast<const void *>(mapping->host + (device_address - mapping->address)), bytes);
  return 0;
}
