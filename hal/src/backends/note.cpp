// SPDX-License-Identifier: Apache-2.0
#include "backends/note.hpp"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <memory>

#include "backends/elf_image.hpp"
#include "environment/backend_spec.hpp"
#include "hal/hal_plugin.h"
#include "support/text.hpp"

namespace hal::core {
namespace {

struct ElfEnd {
  void operator()(Elf *elf) const noexcept { elf_end(elf); }
};
using ElfPointer = std::unique_ptr<Elf, ElfEnd>;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "libhal runs on x86-64 and aarch64"
#endif

// Notes of a real file have hundreds of bytes. libelf copies what is not aligned, for each segment again.
constexpr std::size_t kMaxNotesBytes = 64 << 10;

ElfFacts refused(const char *reason, std::string detail) { return {reason, std::move(detail), {}, {}}; }

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// One PT_NOTE segment, unless it is longer than any is; later notes of ours do not override the first.
void read_notes(Elf *elf, const GElf_Phdr &segment, ElfFacts &facts) {
  if (segment.p_filesz > kMaxNotesBytes) return;
  const Elf_Type type = segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
  Elf_Data *data = elf_getdata_rawchunk(elf, static_cast<int64_t>(segment.p_offset), segment.p_filesz, type);
  if (data == nullptr || data->d_buf == nullptr) return;
  const std::string_view bytes(static_cast<const char *>(data->d_buf), data->d_size);
  std::size_t offset = 0;
  GElf_Nhdr header;
  std::size_t name_offset = 0;
  std::size_t payload_offset = 0;
  while (offset < bytes.size()) {
    offset = gelf_getnote(data, offset, &header, &name_offset, &payload_offset);
    if (offset == 0) return;
    std::string_view owner = bytes.substr(name_offset, header.n_namesz);
    if (!owner.empty() && owner.back() == '\0') owner.remove_suffix(1);
    const std::string_view payload = bytes.substr(payload_offset, header.n_descsz);
    if (owner == "GNU" && header.n_type == NT_GNU_BUILD_ID) facts.build_id = hexadecimal(payload.substr(0, 64));
    const bool ours = owner == HAL_NOTE_OWNER && header.n_type == HAL_NOTE_TYPE_PLUGIN;
    if (ours && payload.size() <= HAL_NOTE_MAX_BYTES && facts.note.empty()) facts.note = parse_note(payload);
  }
}

// A segment beyond the end of the file would kill the process when it is touched after loading.
bool is_outside(const GElf_Phdr &segment, std::size_t file_bytes) {
  return segment.p_offset > file_bytes || segment.p_filesz > file_bytes - segment.p_offset;
}

ElfFacts check_header(Elf *elf, const GElf_Ehdr &header) {
  if (elf_kind(elf) != ELF_K_ELF) return refused("not_elf", "it is an archive");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != kMachine)
    return refused("wrong_arch", fmt::format("it is for ELF machine {}, class {}; this process is machine {}, class 2",
                                             header.e_machine, header.e_ident[EI_CLASS], kMachine));
  if (header.e_type != ET_DYN) return refused("not_elf", "it is an ELF file, but not a shared object");
  return {};
}

ElfFacts read_segments(Elf *elf, const GElf_Ehdr &header, std::size_t file_bytes) {
  std::size_t count = 0;
  if (header.e_phoff >= file_bytes || elf_getphdrnum(elf, &count) != 0 || count == 0)
    return refused("truncated", fmt::format("its program headers lie beyond its {} bytes", file_bytes));
  GElf_Phdr last;
  if (gelf_getphdr(elf, static_cast<int>(count - 1), &last) == nullptr)
    return refused("truncated", fmt::format("its {} program headers end beyond its {} bytes", count, file_bytes));
  if (count > kMaxSegments)
    return refused("not_elf",
                   fmt::format("it has {} segments; no shared object has more than {}", count, kMaxSegments));
  ElfFacts facts;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr)
      return refused("truncated", fmt::format("program header {} lies beyond its {} bytes", i, file_bytes));
    const bool in_file = segment.p_type != PT_NULL && segment.p_type != PT_GNU_STACK;
    if (in_file && is_outside(segment, file_bytes))
      return refused("truncated", fmt::format("segment {} needs {} bytes at offset {}, the file has {} bytes", i,
                                              segment.p_filesz, segment.p_offset, file_bytes));
    if (segment.p_type == PT_NOTE) read_notes(elf, segment, facts);
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

template <typename T>
T copy_at(std::span<const char> bytes, std::uint64_t offset) {
  T value = {};
  if (offset <= bytes.size() && sizeof(T) <= bytes.size() - offset)
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Whether libelf needs nothing but the ELF header, the program headers and the notes: a file for this machine whose
// counts stand in its header, not in a section header.
bool is_usual(const Elf64_Ehdr &header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_machine == kMachine &&
         header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phnum != PN_XNUM && header.e_shnum != 0;
}

void load_headers_and_notes(PartialFile &file) {
  file.load(0, sizeof(Elf64_Ehdr));
  const auto header = copy_at<Elf64_Ehdr>(file.bytes(), 0);
  if (!is_usual(header)) return file.load_all();
  file.load(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = copy_at<Elf64_Phdr>(file.bytes(), header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_NOTE && segment.p_filesz <= kMaxNotesBytes) file.load(segment.p_offset, segment.p_filesz);
  }
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

ElfFacts inspect_plugin(std::span<const char> bytes) {
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    return refused("not_elf", fmt::format("its {} bytes do not start as an ELF file does", bytes.size()));
  elf_version(EV_CURRENT);
  // libelf takes a non-const image, but an image opened by elf_memory is only read.
  const ElfPointer elf(elf_memory(const_cast<char *>(bytes.data()), bytes.size()));
  GElf_Ehdr header;
  if (!elf || gelf_getehdr(elf.get(), &header) == nullptr)
    return refused("truncated", fmt::format("its {} bytes do not hold an ELF header", bytes.size()));
  if (ElfFacts facts = check_header(elf.get(), header); !facts.reason.empty()) return facts;
  ElfFacts facts = read_segments(elf.get(), header, bytes.size());
  if (!facts.reason.empty()) return facts;
  facts.detail = wrong_with_note(facts.note);
  if (!facts.detail.empty()) facts.reason = "no_note";
  return facts;
}

ElfFacts inspect_plugin(PartialFile &file) {
  load_headers_and_notes(file);
  return inspect_plugin(file.bytes());
}

}  // namespace hal::core
