// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernel_object.hpp"

#include "common/kernel_note.hpp"

namespace hal::sim {
namespace {

using plugins::refuse_object;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
#error "add this machine's ELF number"
#endif

plugins::ElfPointer open_shared_object(std::span<const std::byte> bytes, const std::string &label) {
  GElf_Ehdr header = {};
  plugins::ElfPointer elf = plugins::open_object(bytes, label, header);
  if (header.e_machine != kMachine)
    refuse_object(
        label, "it is for ELF machine " + std::to_string(header.e_machine) + ", this is " + std::to_string(kMachine));
  if (header.e_type != ET_DYN)
    refuse_object(label, "it is not a shared object (ELF type " + std::to_string(header.e_type) + ")");
  return elf;
}

// Every segment must lie inside the bytes: loading a file that is cut short ends in SIGBUS.
void check_segments(Elf *elf, std::size_t size, const std::string &label) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0 || count == 0) refuse_object(label, "it has no segments to load");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment = {};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr)
      refuse_object(label, "its segment table is damaged");
    if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      refuse_object(label, "it is cut short: a segment ends beyond its " + std::to_string(size) + " bytes");
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

}  // namespace

KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label,
                                const std::string &backend) {
  const plugins::ElfPointer elf = open_shared_object(bytes, label);
  check_segments(elf.get(), bytes.size(), label);
  KernelObject object;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header = {};
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_DYNSYM)
      read_functions(elf.get(), section, header, object.functions);
  }
  const plugins::KernelNote note = plugins::read_kernel_note(elf.get(), label, backend);
  object.backend = note.backend;
  object.engine = note.engine;
  return object;
}

}  // namespace hal::sim
