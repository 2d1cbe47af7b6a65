// SPDX-License-Identifier: Apache-2.0
//
// The dynamic section of a shared object as the dynamic linker will see it, read from the file's bytes.
#ifndef HAL_SRC_BACKENDS_ELF_IMAGE_HPP_
#define HAL_SRC_BACKENDS_ELF_IMAGE_HPP_

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/file.hpp"

namespace hal::core {

// More than any linker makes of one object; a file with more is not looked at.
inline constexpr std::size_t kMaxSegments = 1024;

// Of a 64-bit little-endian file. Never reads outside of the bytes, whatever they contain.
class ElfImage {
 public:
  explicit ElfImage(std::span<const char> bytes) : ElfImage(bytes, nullptr) {}
  // Reads of the file what it needs, when it needs it. The file must outlive it.
  explicit ElfImage(PartialFile &file) : ElfImage(file.bytes(), &file) {}

  const std::vector<Elf64_Phdr> &segments() const noexcept { return segments_; }
  // Of the file; nothing if it ends before.
  std::optional<std::span<const char>> bytes_of(const Elf64_Phdr &segment) const;
  const std::vector<std::string> &needed() const noexcept { return needed_; }
  const std::string &rpath() const noexcept { return rpath_; }
  const std::string &runpath() const noexcept { return runpath_; }
  bool has_runpath() const noexcept { return has_runpath_; }

  // Whether the symbol is exported; nothing if the file has no hash table that tells.
  std::optional<bool> exports(std::string_view symbol) const;

 private:
  ElfImage(std::span<const char> bytes, PartialFile *file);

  void load(std::uint64_t offset, std::uint64_t size) const {
    if (file_ != nullptr) file_->load(offset, size);
  }
  template <typename T>
  std::optional<T> in_file(std::uint64_t offset) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) return std::nullopt;
    load(offset, sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  std::optional<std::uint64_t> file_offset(std::uint64_t address) const;
  // What lies at address + index * sizeof(T) once loaded.
  template <typename T>
  std::optional<T> loaded(std::uint64_t address, std::uint64_t index = 0) const {
    const auto offset = file_offset(address);
    if (!offset || index > bytes_.size() / sizeof(T)) return std::nullopt;
    return in_file<T>(*offset + index * sizeof(T));
  }
  std::string_view text(std::uint64_t index) const;
  bool is_text(std::uint64_t offset, std::string_view wanted) const;
  void read_dynamic(std::uint64_t offset, std::uint64_t size);
  struct SymbolTables {
    std::uint64_t symbols, strings;  // offsets in the file
  };
  bool names(const SymbolTables &tables, std::uint64_t symbol_index, std::string_view symbol) const;
  std::optional<bool> find_in_gnu_hash(const SymbolTables &tables, std::string_view symbol) const;
  std::optional<bool> find_in_hash(const SymbolTables &tables, std::string_view symbol) const;

  std::span<const char> bytes_;
  PartialFile *file_;  // NULL: all bytes are there
  std::vector<Elf64_Phdr> segments_;
  std::uint64_t strings_ = 0;
  std::uint64_t symbols_ = 0;
  std::uint64_t gnu_hash_ = 0;
  std::uint64_t hash_ = 0;
  std::vector<std::string> needed_;
  std::string rpath_;
  std::string runpath_;
  bool has_runpath_ = false;
};

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_ELF_IMAGE_HPP_
