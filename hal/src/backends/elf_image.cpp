// SPDX-License-Identifier: Apache-2.0
#include "backends/elf_image.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>

namespace hal::core {
namespace {

constexpr std::uint64_t kMaxDynamicEntries = 4096;
constexpr std::uint64_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxNeeded = 256;

std::uint32_t gnu_hash_of(std::string_view symbol) {
  std::uint32_t hash = 5381;
  for (const char c : symbol) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

}  // namespace

ElfImage::ElfImage(std::span<const char> bytes, PartialFile *file) : bytes_(bytes), file_(file) {
  const auto header = this->header();
  if (!has_magic() || !header || header->e_phnum > kMaxSegments) return;
  std::uint64_t dynamic = 0;
  std::uint64_t dynamic_bytes = 0;
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = in_file<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return;
    segments_.push_back(*segment);
    if (segment->p_type != PT_DYNAMIC) continue;
    dynamic = segment->p_offset;
    dynamic_bytes = segment->p_filesz;
  }
  if (dynamic_bytes != 0) read_dynamic(dynamic, dynamic_bytes);
}

bool ElfImage::has_magic() const {
  load(0, SELFMAG);
  return bytes_.size() >= SELFMAG && std::memcmp(bytes_.data(), ELFMAG, SELFMAG) == 0;
}

void ElfImage::read_dynamic(std::uint64_t offset, std::uint64_t size) {
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> rpath;
  std::optional<std::uint64_t> runpath;
  for (std::uint64_t i = 0; i < size / sizeof(Elf64_Dyn) && i < kMaxDynamicEntries; ++i) {
    const auto entry = in_file<Elf64_Dyn>(offset + i * sizeof(Elf64_Dyn));
    if (!entry || entry->d_tag == DT_NULL) break;
    const std::uint64_t value = entry->d_un.d_val;
    if (entry->d_tag == DT_NEEDED) needed.push_back(value);
    if (entry->d_tag == DT_RPATH) rpath = value;
    if (entry->d_tag == DT_RUNPATH) runpath = value;
    if (entry->d_tag == DT_STRTAB) strings_ = value;
    if (entry->d_tag == DT_SYMTAB) symbols_ = value;
    if (entry->d_tag == DT_GNU_HASH) gnu_hash_ = value;
    if (entry->d_tag == DT_HASH) hash_ = value;
  }
  for (const std::uint64_t index : needed)
    if (const std::string_view name = text(index); !name.empty() && needed_.size() < kMaxNeeded)
      needed_.emplace_back(name);
  if (rpath) rpath_ = text(*rpath);
  has_runpath_ = runpath.has_value();
  if (runpath) runpath_ = text(*runpath);
}

std::optional<std::uint64_t> ElfImage::file_offset(std::uint64_t address) const {
  for (const Elf64_Phdr &segment : segments_)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  return std::nullopt;
}

std::optional<std::span<const char>> ElfImage::bytes_of(const Elf64_Phdr &segment) const {
  if (!contains(segment)) return std::nullopt;
  load(segment.p_offset, segment.p_filesz);
  return bytes_.subspan(segment.p_offset, segment.p_filesz);
}

std::string_view ElfImage::text(std::uint64_t index) const {
  const auto table = file_offset(strings_);
  if (!table || *table >= bytes_.size() || index >= bytes_.size() - *table) return {};
  const std::uint64_t start = *table + index;
  const std::string_view rest(bytes_.data() + start, std::min(bytes_.size() - start, kMaxTextBytes));
  load(start, rest.size());
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

bool ElfImage::is_text(std::uint64_t offset, std::string_view wanted) const {
  for (const char c : wanted)
    if (in_file<char>(offset++) != c) return false;
  return in_file<char>(offset) == '\0';
}

bool ElfImage::names(const SymbolTables &tables, std::uint64_t symbol_index, std::string_view symbol) const {
  if (symbol_index > bytes_.size() / sizeof(Elf64_Sym)) return false;
  const auto entry = in_file<Elf64_Sym>(tables.symbols + symbol_index * sizeof(Elf64_Sym));
  return entry && entry->st_shndx != SHN_UNDEF && is_text(tables.strings + entry->st_name, symbol);
}

std::optional<bool> ElfImage::find_in_gnu_hash(const SymbolTables &tables, std::string_view symbol) const {
  struct Head {
    std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
  };
  const auto head = loaded<Head>(gnu_hash_);
  if (!head || head->buckets == 0) return std::nullopt;
  const std::uint32_t wanted = gnu_hash_of(symbol);
  const std::uint64_t buckets = gnu_hash_ + sizeof(Head) + std::uint64_t{head->bloom_words} * 8;
  const auto chains = file_offset(buckets + std::uint64_t{head->buckets} * 4);
  const auto first = loaded<std::uint32_t>(buckets, wanted % head->buckets);
  if (!first || !chains) return std::nullopt;
  if (*first < head->first_symbol) return false;
  for (std::uint64_t index = *first;; ++index) {
    const auto hash = in_file<std::uint32_t>(*chains + (index - head->first_symbol) * 4);
    if (!hash) return std::nullopt;
    if ((*hash | 1u) == (wanted | 1u) && names(tables, index, symbol)) return true;
    if ((*hash & 1u) != 0) return false;
  }
}

std::optional<bool> ElfImage::find_in_hash(const SymbolTables &tables, std::string_view symbol) const {
  struct Head {
    std::uint32_t buckets, chains;
  };
  const auto head = loaded<Head>(hash_);
  if (!head || head->chains > bytes_.size() / sizeof(Elf64_Sym)) return std::nullopt;
  for (std::uint64_t index = 1; index < head->chains; ++index)
    if (names(tables, index, symbol)) return true;
  return false;
}

std::optional<bool> ElfImage::exports(std::string_view symbol) const {
  const auto symbols = file_offset(symbols_);
  const auto strings = file_offset(strings_);
  if (symbols_ == 0 || strings_ == 0 || !symbols || !strings) return std::nullopt;
  const SymbolTables tables = {*symbols, *strings};
  if (gnu_hash_ != 0) return find_in_gnu_hash(tables, symbol);
  if (hash_ != 0) return find_in_hash(tables, symbol);
  return std::nullopt;
}

namespace {

using Segments = std::span<const Elf64_Phdr>;

constexpr std::uint64_t kMaxNotesBytes = 64 << 10;

// Whether one PT_LOAD segment maps the whole segment at its address.
bool is_mapped(const Elf64_Phdr &segment, Segments all) {
  return std::any_of(all.begin(), all.end(), [&](const Elf64_Phdr &load) {
    return load.p_type == PT_LOAD && segment.p_offset >= load.p_offset &&
           segment.p_offset - load.p_offset == segment.p_vaddr - load.p_vaddr && segment.p_filesz <= load.p_filesz &&
           segment.p_offset - load.p_offset <= load.p_filesz - segment.p_filesz;
  });
}

// bytes_of returns the address of a segment's bytes, or NULL.
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

// The linker calls this, so that no exception may leave it.
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
