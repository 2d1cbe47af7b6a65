// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernel_object.hpp"

#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <map>
#include <memory>
#include <string_view>

#include "hal/hal_plugin.hpp"

namespace hal::sim {
namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "add this machine's ELF number"
#endif

struct ElfEnd {
  void operator()(Elf *elf) const { elf_end(elf); }
};
using ElfPointer = std::unique_ptr<Elf, ElfEnd>;

[[noreturn]] void refuse(const std::string &label, const std::string &why) {
  throw plugin::Failure(
      HAL_ERR_INVALID_ARGUMENT, label + " is not a kernel object for this backend: " + why,
      "compile the kernel for this backend (hal_add_kernel, or the command in docs/kernel-author.md)");
}

// What a note says, for a message: on one line, and short enough to leave room for the rest.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::string shown(text.substr(0, kMost));
  for (char &c : shown)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > kMost ? shown + "…" : shown;
}

ElfPointer open_object(std::span<const std::byte> bytes, const std::string &label) {
  elf_version(EV_CURRENT);
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) refuse(label, "it is not an ELF file");
  ElfPointer elf(elf_memory(reinterpret_cast<char *>(const_cast<std::byte *>(bytes.data())), bytes.size()));
  GElf_Ehdr header = {};
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    refuse(label, "its ELF header is damaged or cut short");
  if (header.e_machine != kMachine)
    refuse(label,
           "it is for ELF machine " + std::to_string(header.e_machine) + ", this is " + std::to_string(kMachine));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    refuse(label, "it is for 32-bit or big-endian processors");
  const std::uint64_t sections_bytes = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff > bytes.size() || sections_bytes > bytes.size() - header.e_shoff)
    refuse(label, "it is cut short: its section table ends beyond its " + std::to_string(bytes.size()) + " bytes");
  if (header.e_type != ET_DYN)
    refuse(label, "it is not a shared object (ELF type " + std::to_string(header.e_type) + ")");
  return elf;
}

// Every segment must lie inside the bytes: loading a file that is cut short ends in SIGBUS.
void check_segments(Elf *elf, std::size_t size, const std::string &label) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0 || count == 0) refuse(label, "it has no segments to load");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment = {};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) refuse(label, "its segment table is damaged");
    if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      refuse(label, "it is cut short: a segment ends beyond its " + std::to_string(size) + " bytes");
  }
}

// The key=value pairs of the kernel note, if the section is one.
void read_note(Elf_Data *data, std::map<std::string, std::string, std::less<>> &values) {
  GElf_Nhdr note = {};
  std::size_t owner_at = 0;
  std::size_t payload_at = 0;
  for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &owner_at, &payload_at)) > 0;) {
    const char *bytes = static_cast<const char *>(data->d_buf);
    if (note.n_type != 2 || note.n_namesz != sizeof "libhal" ||
        std::memcmp(bytes + owner_at, "libhal", sizeof "libhal") != 0)
      continue;
    std::string_view payload(bytes + payload_at, note.n_descsz);
    while (!payload.empty()) {
      const std::string_view pair = payload.substr(0, payload.find('\0'));
      payload.remove_prefix(std::min(payload.size(), pair.size() + 1));
      if (const auto equals = pair.find('='); equals != pair.npos)
        values.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
}

void read_functions(Elf *elf, Elf_Scn *section, const GElf_Shdr &header, std::set<std::string> &functions) {
  Elf_Data *data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return;
  GElf_Sym symbol = {};
  for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    const bool defined = symbol.st_shndx != SHN_UNDEF && GELF_ST_TYPE(symbol.st_info) == STT_FUNC;
    const char *name = defined ? elf_strptr(elf, header.sh_link, symbol.st_name) : nullptr;
    if (name != nullptr && name[0] != '\0' && name[0] != '_') functions.insert(name);
  }
}

hal_engine_mask_t parse_engine(std::string_view text, const std::string &label) {
  if (text.empty()) return 0;
  if (text == "aic") return HAL_ENGINE_AIC;
  if (text == "aiv") return HAL_ENGINE_AIV;
  if (text == "aicpu") return HAL_ENGINE_AICPU;
  refuse(label, "its note names an unknown engine, '" + excerpt(text) + "'");
}

}  // namespace

KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label,
                                const std::string &backend) {
  const ElfPointer elf = open_object(bytes, label);
  check_segments(elf.get(), bytes.size(), label);
  KernelObject object;
  std::map<std::string, std::string, std::less<>> note;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header = {};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_NOTE)
      if (Elf_Data *data = elf_getdata(section, nullptr); data != nullptr && data->d_buf != nullptr)
        read_note(data, note);
    if (header.sh_type == SHT_DYNSYM) read_functions(elf.get(), section, header, object.functions);
  }
  object.backend = note["backend"];
  if (!object.backend.empty() && object.backend != backend)
    refuse(label, "it was built for " + excerpt(object.backend));
  object.engine = parse_engine(note["engine"], label);
  return object;
}

}  // namespace hal::sim
