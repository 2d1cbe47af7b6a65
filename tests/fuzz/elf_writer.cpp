// SPDX-License-Identifier: Apache-2.0
#include "elf_writer.hpp"

#include <cstring>
#include <string_view>

namespace hal::fuzz {
namespace {

class Writer {
 public:
  std::uint64_t at() const noexcept { return bytes_.size(); }

  template <typename T>
  std::uint64_t put(const T &value) {
    const std::uint64_t offset = at();
    const char *raw = reinterpret_cast<const char *>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof value);
    return offset;
  }
  void put_bytes(std::string_view bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  std::uint64_t put_text(std::string_view text) {
    const std::uint64_t offset = at();
    put_bytes(text);
    bytes_.push_back('\0');
    return offset;
  }
  void align(std::size_t to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }
  template <typename T>
  void replace(std::uint64_t offset, const T &value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  std::vector<char> take() { return std::move(bytes_); }

 private:
  std::vector<char> bytes_;
};

struct Part {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

Part put_note(Writer &file, const SharedObject &object) {
  const std::uint64_t start = file.put(Elf64_Nhdr{static_cast<Elf64_Word>(object.note_owner.size() + 1),
                                                  static_cast<Elf64_Word>(object.note.size()), object.note_type});
  file.put_text(object.note_owner);
  file.align(4);
  file.put_bytes(object.note);
  file.align(4);
  return {start, file.at() - start};
}

struct Names {
  Part table;
  std::vector<std::uint64_t> needed;
  std::vector<std::uint64_t> functions;
  std::uint64_t runpath = 0;
};

Names put_names(Writer &file, const SharedObject &object) {
  Names names;
  const std::uint64_t start = file.put_text("");
  for (const std::string &name : object.needed) names.needed.push_back(file.put_text(name) - start);
  for (const std::string &name : object.functions) names.functions.push_back(file.put_text(name) - start);
  if (!object.runpath.empty()) names.runpath = file.put_text(object.runpath) - start;
  names.table = {start, file.at() - start};
  file.align(8);
  return names;
}

Part put_symbols(Writer &file, const Names &names) {
  const std::uint64_t start = file.put(Elf64_Sym{});
  for (const std::uint64_t name : names.functions)
    file.put(Elf64_Sym{static_cast<Elf64_Word>(name), ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_DEFAULT, 1, start, 8});
  return {start, file.at() - start};
}

std::uint32_t gnu_hash(std::string_view name) {
  std::uint32_t hash = 5381;
  for (const unsigned char c : name) hash = hash * 33 + c;
  return hash;
}

// One bucket, so that the chain holds every symbol.
std::uint64_t put_hash(Writer &file, const SharedObject &object) {
  const auto count = static_cast<std::uint32_t>(object.functions.size());
  const std::uint64_t start = file.at();
  if (object.hash == HashTable::kSysV) {
    for (const std::uint32_t word : {1u, count + 1, count == 0 ? 0u : 1u, 0u}) file.put(word);
    for (std::uint32_t i = 0; i < count; ++i) file.put(i + 1 == count ? 0u : i + 2);
  } else {
    for (const std::uint32_t word : {1u, 1u, 1u, 6u}) file.put(word);
    file.put(UINT64_MAX);  // the filter lets everything through
    file.put(count == 0 ? 0u : 1u);
    for (std::uint32_t i = 0; i < count; ++i)
      file.put((gnu_hash(object.functions[i]) & ~1u) | (i + 1 == count ? 1u : 0u));
  }
  file.align(8);
  return start;
}

Part put_dynamic(Writer &file, const SharedObject &object, const Names &names, const Part &symbols,
                 std::uint64_t hash) {
  const std::uint64_t start = file.at();
  const auto entry = [&](Elf64_Sxword tag, std::uint64_t value) { file.put(Elf64_Dyn{tag, {value}}); };
  for (const std::uint64_t name : names.needed) entry(DT_NEEDED, name);
  if (names.runpath != 0) entry(DT_RUNPATH, names.runpath);
  entry(DT_STRTAB, names.table.offset);
  entry(DT_STRSZ, names.table.size);
  entry(DT_SYMTAB, symbols.offset);
  entry(DT_SYMENT, sizeof(Elf64_Sym));
  if (object.hash != HashTable::kNone) entry(object.hash == HashTable::kGnu ? DT_GNU_HASH : DT_HASH, hash);
  entry(DT_NULL, 0);
  return {start, file.at() - start};
}

Elf64_Phdr segment(Elf64_Word type, const Part &part, std::uint64_t align) {
  return {type, PF_R, part.offset, part.offset, part.offset, part.size, part.size, align};
}

Elf64_Shdr section(Elf64_Word type, const Part &part, Elf64_Word link, std::uint64_t entry_bytes) {
  return {0, type, SHF_ALLOC, part.offset, part.offset, part.size, link, 0, entry_bytes != 0 ? 8u : 4u, entry_bytes};
}

Elf64_Ehdr file_header(std::uint64_t segments, std::uint64_t sections) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = kThisMachine;
  header.e_version = EV_CURRENT;
  header.e_phoff = segments;
  header.e_shoff = sections;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 4;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  return header;
}

}  // namespace

std::vector<char> write_shared_object(const SharedObject &object) {
  Writer file;
  file.put(Elf64_Ehdr{});
  const std::uint64_t segments = file.at();
  for (int i = 0; i < 4; ++i) file.put(Elf64_Phdr{});
  const Part note = put_note(file, object);
  const Names names = put_names(file, object);
  const Part symbols = put_symbols(file, names);
  const std::uint64_t hash = put_hash(file, object);
  const Part dynamic = put_dynamic(file, object, names, symbols, hash);
  const std::uint64_t sections = file.put(Elf64_Shdr{});
  file.put(section(SHT_NOTE, note, 0, 0));
  file.put(section(SHT_DYNSYM, symbols, 3, sizeof(Elf64_Sym)));
  file.put(section(SHT_STRTAB, names.table, 0, 0));
  const Elf64_Phdr headers[] = {segment(PT_LOAD, {0, file.at()}, 0x10000), segment(PT_DYNAMIC, dynamic, 8),
                                segment(PT_NOTE, note, 4), segment(PT_GNU_STACK, {}, 16)};
  for (std::size_t i = 0; i < 4; ++i) file.replace(segments + i * sizeof(Elf64_Phdr), headers[i]);
  file.replace(0, file_header(segments, sections));
  return file.take();
}

}  // namespace hal::fuzz
