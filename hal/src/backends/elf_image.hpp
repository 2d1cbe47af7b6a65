// SPDX-License-Identifier: Apache-2.0
//
// A shared object as the dynamic linker will see it, read from the file's bytes.
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

// More than any linker makes. The segments of a file with more are not read.
inline constexpr std::size_t kMaxSegments = 1024;

// Reads the file as a 64-bit little-endian one. Never reads outside its bytes, whatever they contain.
class ElfImage {
 public:
  explicit ElfImage(std::span<const char> bytes) : ElfImage(bytes, nullptr) {}
  // Reads parts of the file when they are needed. The file must outlive the image.
  explicit ElfImage(PartialFile &file) : ElfImage(file.bytes(), &file) {}

  std::size_t size() const noexcept { return bytes_.size(); }
  bool has_magic() const;
  // Nothing if the file is shorter.
  std::optional<Elf64_Ehdr> header() const { return in_file<Elf64_Ehdr>(0); }
  // Empty if the file is not ELF, or has too many segments.
  const std::vector<Elf64_Phdr> &segments() const noexcept { return segments_; }
  bool contains(const Elf64_Phdr &segment) const noexcept {
    return segment.p_offset <= bytes_.size() && segment.p_filesz <= bytes_.size() - segment.p_offset;
  }
  // The segment's bytes in the file; nothing if the file ends before them.
  std::optional<std::span<const char>> bytes_of(const Elf64_Phdr &segment) const;
  const std::vector<std::string> &needed() const noexcept { return needed_; }
  const std::string &rpath() const noexcept { return rpath_; }
  const std::string &runpath() const noexcept { return runpath_; }
  bool has_runpath() const noexcept { return has_runpath_; }

  // Whether the file exports the symbol; nothing if it has no usable hash table.
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
  // The object at address + index * sizeof(T) of the loaded file.
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
  PartialFile *file_;  // NULL: all bytes are in memory
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

// The identity of a build of a shared object, in the file and in memory: its program headers and notes. One of the
// notes is the build id.
std::string file_identity(const ElfImage &image);

// The identity of a dlopen handle; "" if the linker does not list the object.
std::string loaded_identity(void *library);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_ELF_IMAGE_HPP_
