// SPDX-License-Identifier: Apache-2.0
#include "backends/note.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "environment/backend_spec.hpp"
#include "hal/hal_plugin.h"
#include "support/text.hpp"

namespace hal::core {
namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "libhal runs on x86-64 and aarch64"
#endif

constexpr std::size_t kMaxNotesBytes = 64 << 10;  // of one segment; real files have a few hundred bytes
constexpr std::size_t kMaxBuildIdBytes = 64;

ElfFacts refused(const char *reason, std::string detail) { return {reason, std::move(detail), {}, {}}; }

struct Note {
  std::string_view owner;
  std::uint32_t type;
  std::string_view payload;
};

void take_note(const Note &note, ElfFacts &facts) {
  if (note.owner == "GNU" && note.type == NT_GNU_BUILD_ID)
    facts.build_id = hexadecimal(note.payload.substr(0, kMaxBuildIdBytes));
  const bool is_ours = note.owner == HAL_NOTE_OWNER && note.type == HAL_NOTE_TYPE_PLUGIN;
  if (is_ours && note.payload.size() <= HAL_NOTE_MAX_BYTES && facts.note.empty()) facts.note = parse_note(note.payload);
}

// Owner and payload each start at a multiple of the segment's alignment, 4 or 8. Stops at a note that is not complete.
void read_notes(std::string_view bytes, std::size_t alignment, ElfFacts &facts) {
  const auto aligned = [=](std::size_t offset) { return (offset + alignment - 1) / alignment * alignment; };
  std::size_t at = 0;
  Elf64_Nhdr header = {};
  while (at + sizeof(header) <= bytes.size()) {
    std::memcpy(&header, bytes.data() + at, sizeof(header));
    const std::size_t owner_at = at + sizeof(header);
    const std::size_t payload_at = aligned(owner_at + header.n_namesz);
    if (payload_at > bytes.size() || header.n_descsz > bytes.size() - payload_at) return;
    std::string_view owner = bytes.substr(owner_at, header.n_namesz);
    if (!owner.empty() && owner.back() == '\0') owner.remove_suffix(1);
    take_note({owner, header.n_type, bytes.substr(payload_at, header.n_descsz)}, facts);
    at = aligned(payload_at + header.n_descsz);
  }
}

ElfFacts check_header(const Elf64_Ehdr &header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    const bool is_big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
    return refused("wrong_arch", fmt::format("it is for ELF machine {}, class {}; this process is machine {}, class 2",
                                             is_big_endian ? __builtin_bswap16(header.e_machine) : header.e_machine,
                                             header.e_ident[EI_CLASS], kMachine));
  }
  if (header.e_type != ET_DYN) return refused("not_elf", "it is an ELF file, but not a shared object");
  return {};
}

ElfFacts check_segment_table(const Elf64_Ehdr &header, std::size_t file_bytes) {
  const std::size_t count = header.e_phnum;
  if (count != 0 && header.e_phentsize != sizeof(Elf64_Phdr))
    return refused("not_elf", fmt::format("its program headers are {} bytes long; they must be {}", header.e_phentsize,
                                          sizeof(Elf64_Phdr)));
  if (count == 0 || header.e_phoff >= file_bytes)
    return refused("truncated", fmt::format("it has no program headers within its {} bytes", file_bytes));
  if (count > (file_bytes - header.e_phoff) / sizeof(Elf64_Phdr))
    return refused("truncated", fmt::format("its {} program headers end beyond its {} bytes", count, file_bytes));
  if (count > kMaxSegments)
    return refused("not_elf", fmt::format("it has {} segments; at most {} are allowed", count, kMaxSegments));
  return {};
}

ElfFacts read_segments(const ElfImage &image) {
  ElfFacts facts;
  for (std::size_t i = 0; i < image.segments().size(); ++i) {
    const Elf64_Phdr &segment = image.segments()[i];
    if (segment.p_type == PT_NULL || segment.p_type == PT_GNU_STACK) continue;
    // The process would be killed when it touches a loaded segment that ends beyond the file.
    if (!image.contains(segment))
      return refused("truncated", fmt::format("segment {} needs {} bytes at offset {}, the file has {} bytes", i,
                                              segment.p_filesz, segment.p_offset, image.size()));
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMaxNotesBytes) continue;
    const auto bytes = image.bytes_of(segment);
    read_notes({bytes->data(), bytes->size()}, segment.p_align == 8 ? 8 : 4, facts);
  }
  return facts;
}

std::string wrong_with_note(const NoteFields &note) {
  if (note.empty()) return "it has no libhal note: it is not a plugin, or was not built with hal_add_plugin";
  const auto backend = note.find("backend");
  if (backend == note.end()) return "its libhal note names no backend";
  if (is_backend_name(backend->second) && backend->second != "auto") return {};
  return fmt::format("its libhal note names the backend \"{}\", which HAL_BACKEND cannot name",
                     excerpt(backend->second));
}

}  // namespace

NoteFields parse_note(std::string_view payload) {
  NoteFields fields;
  for (const std::string &entry : split(payload, '\0')) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || !is_printable(entry)) continue;
    fields.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return fields;
}

ElfFacts inspect_plugin(const ElfImage &image) {
  if (!image.has_magic())
    return refused("not_elf", fmt::format("its {} bytes do not start as an ELF file does", image.size()));
  const auto header = image.header();
  if (!header) return refused("truncated", fmt::format("its {} bytes do not hold an ELF header", image.size()));
  if (ElfFacts facts = check_header(*header); !facts.reason.empty()) return facts;
  if (ElfFacts facts = check_segment_table(*header, image.size()); !facts.reason.empty()) return facts;
  ElfFacts facts = read_segments(image);
  if (!facts.reason.empty()) return facts;
  facts.detail = wrong_with_note(facts.note);
  if (!facts.detail.empty()) facts.reason = "no_note";
  return facts;
}

}  // namespace hal::core
