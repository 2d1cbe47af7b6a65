// SPDX-License-Identifier: Apache-2.0
#include "backends/identity.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace hal::core {
namespace {

using Segments = std::span<const Elf64_Phdr>;

constexpr std::uint64_t kMaxNotesBytes = 64 << 10;

// Whether the linker maps all of the segment, where the file says.
bool is_mapped(const Elf64_Phdr &segment, Segments all) {
  return std::any_of(all.begin(), all.end(), [&](const Elf64_Phdr &load) {
    return load.p_type == PT_LOAD && segment.p_offset >= load.p_offset &&
           segment.p_offset - load.p_offset == segment.p_vaddr - load.p_vaddr && segment.p_filesz <= load.p_filesz &&
           segment.p_offset - load.p_offset <= load.p_filesz - segment.p_filesz;
  });
}

// bytes_of gives where a segment's bytes are; NULL: nowhere.
template <typename BytesOf>
std::string identity(Segments segments, BytesOf bytes_of) {
  std::string text(reinterpret_cast<const char *>(segments.data()), segments.size_bytes());
  for (const Elf64_Phdr &segment : segments) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMaxNotesBytes || !is_mapped(segment, segments)) continue;
    if (const char *bytes = bytes_of(segment)) text.append(bytes, segment.p_filesz);
  }
  return text;
}

struct Wanted {
  const link_map *map;
  std::string identity;
};

bool is_object(const dl_phdr_info &info, const link_map &map) {
  const Segments segments(info.dlpi_phdr, info.dlpi_phnum);
  return info.dlpi_addr == map.l_addr && std::any_of(segments.begin(), segments.end(), [&](const Elf64_Phdr &segment) {
           return segment.p_type == PT_DYNAMIC &&
                  info.dlpi_addr + segment.p_vaddr == reinterpret_cast<std::uintptr_t>(map.l_ld);
         });
}

// Called by the linker, through which no exception may go.
int take_identity(dl_phdr_info *info, std::size_t, void *data) noexcept try {
  auto &wanted = *static_cast<Wanted *>(data);
  if (!is_object(*info, *wanted.map)) return 0;
  wanted.identity = identity({info->dlpi_phdr, info->dlpi_phnum}, [&](const Elf64_Phdr &segment) {
    return reinterpret_cast<const char *>(info->dlpi_addr + segment.p_vaddr);
  });
  return 1;
} catch (...) {
  return 1;
}

}  // namespace

std::string file_identity(const ElfImage &image) {
  return identity(image.segments(), [&](const Elf64_Phdr &segment) {
    const auto bytes = image.bytes_of(segment);
    return bytes ? bytes->data() : nullptr;
  });
}

std::string loaded_identity(void *library) {
  Wanted wanted = {};
  if (::dlinfo(library, RTLD_DI_LINKMAP, &wanted.map) != 0) return {};
  ::dl_iterate_phdr(&take_identity, &wanted);
  return wanted.identity;
}

}  // namespace hal::core
