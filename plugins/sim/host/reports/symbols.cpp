// SPDX-License-Identifier: Apache-2.0
#include "sim/host/reports/symbols.hpp"

#include <algorithm>

#include "support/kernel_note.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

plugins::ElfPointer open_elf(const Fd &object) {
  elf_version(EV_CURRENT);
  return plugins::ElfPointer(elf_begin(object.get(), ELF_C_READ, nullptr));
}

std::string find_function(Elf *elf, Elf_Scn *section, const GElf_Shdr &header, std::uint64_t address) {
  Elf_Data *data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return {};
  GElf_Sym symbol = {};
  for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    if (symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    if (address < symbol.st_value || address - symbol.st_value >= symbol.st_size) continue;
    const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name != nullptr) return plugins::demangled(name) + "+" + plugins::hex_text(address - symbol.st_value);
  }
  return {};
}

}  // namespace

std::string function_at(const Fd &object, std::uint64_t address) {
  const plugins::ElfPointer elf = open_elf(object);
  if (elf == nullptr) return {};
  std::string exported;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header = {};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_SYMTAB) {
      if (std::string name = find_function(elf.get(), section, header, address); !name.empty()) return name;
    } else if (header.sh_type == SHT_DYNSYM) {
      exported = find_function(elf.get(), section, header, address);
    }
  }
  return exported;
}

std::uint64_t extent_of(const Fd &object) {
  const plugins::ElfPointer elf = open_elf(object);
  std::size_t count = 0;
  if (elf == nullptr || elf_getphdrnum(elf.get(), &count) != 0) return 0;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment = {};
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) != nullptr && segment.p_type == PT_LOAD)
      end = std::max(end, segment.p_vaddr + segment.p_memsz);
  }
  return end;
}

}  // namespace hal::sim
