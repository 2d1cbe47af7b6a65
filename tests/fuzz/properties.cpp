// SPDX-License-Identifier: Apache-2.0
#include "properties.hpp"

#include <elf.h>

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "elf_writer.hpp"

namespace hal::fuzz {

Exact::Exact(const std::uint8_t *data, std::size_t size) : block_(size > 0 ? new char[size] : nullptr), size_(size) {
  if (size > 0) std::memcpy(block_.get(), data, size);
}

Exact exact_elf(const std::uint8_t *data, std::size_t size) {
  Exact copy(data, size);
  Elf64_Half machine = 0;
  constexpr std::size_t kAt = offsetof(Elf64_Ehdr, e_machine);
  if (size < kAt + sizeof machine) return copy;
  std::memcpy(&machine, copy.bytes().data() + kAt, sizeof machine);
  if (machine == EM_X86_64 || machine == EM_AARCH64)
    std::memcpy(copy.bytes().data() + kAt, &kThisMachine, sizeof kThisMachine);
  return copy;
}

void holds(bool condition, std::string_view property, std::string_view detail) {
  if (condition) return;
  std::fprintf(stderr, "broke: %.*s\n", static_cast<int>(property.size()), property.data());
  if (!detail.empty()) std::fprintf(stderr, "where: %.*s\n", static_cast<int>(detail.size()), detail.data());
  std::abort();
}

bool is_utf8(std::string_view text) {
  using Character = boost::locale::utf::utf_traits<char>;
  for (const char *at = text.data(), *end = at + text.size(); at != end;)
    if (!boost::locale::utf::is_valid_codepoint(Character::decode(at, end))) return false;
  return true;
}

bool is_message(std::string_view text) {
  constexpr std::size_t kRoom = 1024;
  return !text.empty() && text.size() < kRoom && text.find('\0') == text.npos && is_utf8(text);
}

bool is_whole_object(std::span<const char> bytes) {
  Elf64_Ehdr header = {};
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != kThisMachine || header.e_type != ET_DYN)
    return false;
  for (std::size_t i = 0; i < header.e_phnum && header.e_phnum != PN_XNUM; ++i) {
    Elf64_Phdr segment = {};
    const __uint128_t at = static_cast<__uint128_t>(header.e_phoff) + i * sizeof segment;
    if (at + sizeof segment > bytes.size()) return false;
    std::memcpy(&segment, bytes.data() + static_cast<std::size_t>(at), sizeof segment);
    const __uint128_t end = static_cast<__uint128_t>(segment.p_offset) + segment.p_filesz;
    if (segment.p_type == PT_LOAD && end > bytes.size()) return false;
  }
  return true;
}

}  // namespace hal::fuzz
