// SPDX-License-Identifier: Apache-2.0
#include "sim/host/kernels/kernel_object.hpp"

#include <algorithm>
#include <string_view>

#include "support/kernel_note.hpp"

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

constexpr std::string_view kHookNames[] = {"pto_cpu_sim_", "pto_sim_"};
constexpr std::string_view kLocalMemoryNames[] = {"PTO_CPU_SIM_"};

plugins::ElfPointer open_shared_object(std::span<const std::byte> bytes, const std::string &label) {
  GElf_Ehdr header = {};
  plugins::ElfPointer elf = plugins::open_object(bytes, label, header);
  if (header.e_machine != kMachine)
    refuse_object(label, "it is for ELF machine " + std::to_string(header.e_machine) + ", but this machine is " +
                             std::to_string(kMachine));
  if (header.e_type != ET_DYN)
    refuse_object(label, "it is not a shared object (ELF type " + std::to_string(header.e_type) + ")");
  return elf;
}

// Each segment must be inside the bytes: loading a truncated file ends with SIGBUS.
void check_segments(Elf *elf, std::size_t size, const std::string &label) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0 || count == 0) refuse_object(label, "it has no segments to load");
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment = {};
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr)
      refuse_object(label, "its segment table is damaged");
    if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
      refuse_object(label, "it is truncated: a segment ends after its " + std::to_string(size) + " bytes");
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

bool refers_to(Elf *elf, Elf_Scn *section, const GElf_Shdr &header, std::string_view wanted) {
  Elf_Data *data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return false;
  GElf_Sym symbol = {};
  for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    const char *name = symbol.st_shndx == SHN_UNDEF ? elf_strptr(elf, header.sh_link, symbol.st_name) : nullptr;
    if (name != nullptr && name == wanted) return true;
  }
  return false;
}

// Whether the section contains one of the names. Only sections that are loaded count, not those for a debugger.
bool contains_any(Elf_Scn *section, const GElf_Shdr &header, std::span<const std::string_view> names) {
  if ((header.sh_flags & SHF_ALLOC) == 0 || header.sh_type == SHT_NOBITS) return false;
  const Elf_Data *data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return false;
  const std::string_view bytes(static_cast<const char *>(data->d_buf), data->d_size);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return bytes.find(name) != bytes.npos; });
}

std::string origin_run_path(Elf *elf, Elf_Scn *section, const GElf_Shdr &header) {
  Elf_Data *data = elf_getdata(section, nullptr);
  GElf_Dyn entry = {};
  for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH) continue;
    const char *path = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    if (path == nullptr) continue;
    const std::string_view text = path;
    if (text.find("$ORIGIN") != text.npos || text.find("${ORIGIN}") != text.npos) return path;
  }
  return {};
}

}  // namespace

KernelObject read_kernel_object(std::span<const std::byte> bytes, const std::string &label,
                                const std::string &backend) {
  const plugins::ElfPointer elf = open_shared_object(bytes, label);
  check_segments(elf.get(), bytes.size(), label);
  KernelObject object;
  for (Elf_Scn *section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr header = {};
    if (gelf_getshdr(section, &header) == nullptr) continue;
    object.uses_local_memory = object.uses_local_memory || contains_any(section, header, kLocalMemoryNames);
    object.uses_tile_library =
        object.uses_tile_library || object.uses_local_memory || contains_any(section, header, kHookNames);
    if (header.sh_type == SHT_DYNAMIC) object.origin_run_path = origin_run_path(elf.get(), section, header);
    if (header.sh_type != SHT_DYNSYM) continue;
    read_functions(elf.get(), section, header, object.functions);
    object.has_assertions = object.has_assertions || refers_to(elf.get(), section, header, "__assert_fail");
  }
  const plugins::KernelNote note = plugins::read_kernel_note(elf.get(), label, backend);
  object.backend = note.backend;
  object.engine = note.engine;
  return object;
}

}  // namespace hal::sim
