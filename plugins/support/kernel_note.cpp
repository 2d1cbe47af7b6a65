// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_note.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>

#include "hal/hal_plugin.hpp"
#include "hal/names.h"

namespace hal::plugins {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// Adds the key=value pairs of a kernel note. False: the section does not contain one.
bool read_note(Elf_Data *data, Values &values) {
  GElf_Nhdr note = {};
  std::size_t owner_at = 0;
  std::size_t payload_at = 0;
  bool found = false;
  for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &owner_at, &payload_at)) > 0;) {
    const char *bytes = static_cast<const char *>(data->d_buf);
    if (note.n_type != HAL_NOTE_TYPE_KERNEL || note.n_namesz != sizeof HAL_NOTE_OWNER ||
        std::memcmp(bytes + owner_at, HAL_NOTE_OWNER, sizeof HAL_NOTE_OWNER) != 0)
      continue;
    found = true;
    std::string_view payload(bytes + payload_at, note.n_descsz);
    while (!payload.empty()) {
      const std::string_view pair = payload.substr(0, payload.find('\0'));
      payload.remove_prefix(std::min(payload.size(), pair.size() + 1));
      if (const auto equals = pair.find('='); equals != pair.npos)
        values.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  return found;
}

// Text of a note for a message: one line, at most 64 bytes.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kMost = 64;
  std::string shown(text.substr(0, kMost));
  for (char &c : shown)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > kMost ? shown + "…" : shown;
}

// The engines that run kernels; the others only touch memory.
constexpr hal_engine_mask_t kKernelEngines = HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU;

hal_engine_mask_t parse_engine(std::string_view text, const std::string &label) {
  if (text.empty()) return 0;
#define HAL_PARSE_ENGINE(engine, upper, lower) \
  if (text == lower && ((engine)&kKernelEngines) != 0) return engine;
  HAL_EACH_ENGINE(HAL_PARSE_ENGINE)
#undef HAL_PARSE_ENGINE
  refuse_object(label, "its note names an unknown engine, '" + excerpt(text) + "'");
}

}  // namespace

void refuse_object(const std::string &label, const std::string &why) {
  throw plugin::Failure(
      HAL_ERR_INVALID_ARGUMENT, label + " is not a kernel object for this backend: " + why,
      "compile the kernel for this backend (hal_add_kernel, or the command in docs/kernel-author.md)");
}

ElfPointer open_object(std::span<const std::byte> bytes, const std::string &label, GElf_Ehdr &header) {
  elf_version(EV_CURRENT);
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    refuse_object(label, "it is not an ELF file");
  ElfPointer elf(elf_memory(reinterpret_cast<char *>(const_cast<std::byte *>(bytes.data())), bytes.size()));
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    refuse_object(label, "its ELF header is damaged or truncated");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    refuse_object(label, "it is for 32-bit or big-endian processors");
  const std::uint64_t sections_bytes = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff > bytes.size() || sections_bytes > bytes.size() - header.e_shoff)
    refuse_object(label,
                  "it is truncated: its section table ends after its " + std::to_string(bytes.size()) + " bytes");
  return elf;
}

KernelNote read_kernel_note(Elf *elf, const std::string &label, const std::string &backend) {
  KernelNote note;
  Values values;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header = {};
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
    Elf_Data *data = elf_getdata(section, nullptr);
    if (data != nullptr && data->d_buf != nullptr) note.found = read_note(data, values) || note.found;
  }
  note.backend = values["backend"];
  if (!note.backend.empty() && note.backend != backend)
    refuse_object(label, "it was built for " + excerpt(note.backend));
  note.engine = parse_engine(values["engine"], label);
  return note;
}

}  // namespace hal::plugins
