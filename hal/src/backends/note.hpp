// SPDX-License-Identifier: Apache-2.0
//
// The libhal note of a plugin file, and whether the file can be a plugin for this process. Runs no code of the file.
#ifndef HAL_SRC_BACKENDS_NOTE_HPP_
#define HAL_SRC_BACKENDS_NOTE_HPP_

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "backends/elf_image.hpp"

namespace hal::core {

// The keys and values of a libhal note.
using NoteFields = std::map<std::string, std::string, std::less<>>;

struct ElfFacts {
  std::string reason;  // "" = a complete plugin file for this machine; else not_elf, truncated, wrong_arch or no_note
  std::string detail;
  NoteFields note;
  std::string build_id;  // in hexadecimal; "" = none
};

// Inspects a file. Never reads outside its bytes, whatever they contain.
ElfFacts inspect_plugin(const ElfImage &image);
inline ElfFacts inspect_plugin(std::span<const char> bytes) { return inspect_plugin(ElfImage(bytes)); }

// Splits the payload of a note: NUL-separated key=value. The first entry of a key counts. Entries that are not
// printable UTF-8 are ignored.
NoteFields parse_note(std::string_view payload);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_NOTE_HPP_
