// SPDX-License-Identifier: Apache-2.0
//
// What an ELF file says about itself, read before anything of it is run.
#ifndef HAL_SRC_BACKENDS_NOTE_HPP_
#define HAL_SRC_BACKENDS_NOTE_HPP_

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "backends/file.hpp"

namespace hal::core {

// The keys and values of a libhal note.
using NoteFields = std::map<std::string, std::string, std::less<>>;

struct ElfFacts {
  std::string reason;  // "" = a shared object for this machine, whole; else not_elf, truncated, wrong_arch, no_note
  std::string detail;
  NoteFields note;
  std::string build_id;  // in hexadecimal; "" = none
};

// Inspects a plugin's bytes. Never reads outside of them, whatever they contain.
ElfFacts inspect_plugin(std::span<const char> bytes);
// The same with a file, of which only the headers and notes are read.
ElfFacts inspect_plugin(PartialFile &file);

// Splits the payload of a note: NUL-separated key=value. The first of a key holds; what cannot be printed is left out.
NoteFields parse_note(std::string_view payload);

}  // namespace hal::core

#endif  // HAL_SRC_BACKENDS_NOTE_HPP_
