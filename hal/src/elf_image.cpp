// SPDX-License-Identifier: Apache-2.0
#include "elf_image.hpp"

#include <algorithm>

namespace hal::core {
namespace {

constexpr std::uint64_t kMaxDynamicEntries = 4096;
constexpr std::uint64_t kMaxTextBytes = 4096;

std::uint32_t gnu_hash_of(std::string_view symbol) {
  std::uint32_t hash = 5381;
  for (const char c : symbol) hash = hash * 33 + static_cast<unsigned char>(c);
  return hash;
}

}  // namespace

ElfImage::ElfImage(std::span<const char> bytes, PartialFile *file) : bytes_(bytes), file_(file) {
  const auto header = in_file<Elf64_Ehdr>(0);
  if (!header) return;
  std::uint64_t dynamic = 0;
  std::uint64_t dynamic_bytes = 0;
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = in_file<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return;
    if (segment->p_type == PT_LOAD) segments_.push_back({segment->p_vaddr, segment->p_offset, segment->p_filesz});
    if (segment->p_type != PT_DYNAMIC) continue;
    dynamic = segment->p_offset;
    dynamic_bytes = segment->p_filesz;
  }
  if (dynamic_bytes != 0) read_dynamic(dynamic, dynamic_bytes);
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
    if (const std::string_view name = text(index); !name.empty()) needed_.emplace_back(name);
  if (rpath) rpath_ = text(*rpath);
  if (runpath) runpath_ = text(*runpath);
}

std::optional<std::uint64_t> ElfImage::file_offset(std::uint64_t address) const {
  for (const Segment &segment : segments_)
    if (address >= segment.address && address - segment.address < segment.size)
      return segment.offset + (address - segment.address);
  return std::nullopt;
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

bool ElfImage::names(std::uint64_t symbol_index, std::string_view symbol) const {
  const auto entry = loaded<Elf64_Sym>(symbols_, symbol_index);
  return entry && entry->st_shndx != SHN_UNDEF && text(entry->st_name) == symbol;
}

std::optional<bool> ElfImage::find_in_gnu_hash(std::string_view symbol) const {
  struct Head {
    std::uint32_t buckets, first_symbol, bloom_words, bloom_shift;
  };
  const auto head = loaded<Head>(gnu_hash_);
  if (!head || head->buckets == 0) return std::nullopt;
  const std::uint32_t wanted = gnu_hash_of(symbol);
  const std::uint64_t buckets = gnu_hash_ + sizeof(Head) + std::uint64_t{head->bloom_words} * 8;
  const std::uint64_t chains = buckets + std::uint64_t{head->buckets} * 4;
  const auto first = loaded<std::uint32_t>(buckets, wanted % head->buckets);
  if (!first) return std::nullopt;
  if (*first < head->first_symbol) return false;
  for (std::uint64_t index = *first;; ++index) {
    const auto hash = loaded<std::uint32_t>(chains, index - head->first_symbol);
    if (!hash) return std::nullopt;
    if ((*hash | 1u) == (wanted | 1u) && names(index, symbol)) return true;
    if ((*hash & 1u) != 0) return false;
  }
}

std::optional<bool> ElfImage::find_in_hash(std::string_view symbol) const {
  struct Head {
    std::uint32_t buckets, chains;
  };
  const auto head = loaded<Head>(hash_);
  if (!head || head->chains > bytes_.size() / sizeof(Elf64_Sym)) return std::nullopt;
  for (std::uint64_t index = 1; index < head->chains; ++index)
    if (names(index, symbol)) return true;
  return false;
}

std::optional<bool> ElfImage::exports(std::string_view symbol) const {
  if (symbols_ == 0 || strings_ == 0) return std::nullopt;
  if (gnu_hash_ != 0) return find_in_gnu_hash(symbol);
  if (hash_ != 0) return find_in_hash(symbol);
  return std::nullopt;
}

}  // namespace hal::core
