// SPDX-License-Identifier: Apache-2.0
//
// The note that hal_add_kernel writes into a kernel object: the backend and engine that it was built for.
#ifndef HAL_PLUGINS_SUPPORT_KERNEL_NOTE_HPP_
#define HAL_PLUGINS_SUPPORT_KERNEL_NOTE_HPP_

#include <gelf.h>
#include <libelf.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "hal/hal.h"

namespace hal::plugins {

struct ElfEnd {
  void operator()(Elf *elf) const { elf_end(elf); }
};
using ElfPointer = std::unique_ptr<Elf, ElfEnd>;

struct KernelNote {
  bool found = false;            // false: hal_add_kernel did not build the object
  std::string backend;           // "" = unknown
  hal_engine_mask_t engine = 0;  // 0 = unknown
};

// Throws plugin::Failure, INVALID_ARGUMENT: label is not a kernel object for this backend, because of why.
[[noreturn]] void refuse_object(const std::string &label, const std::string &why);

// Reads the header of an ELF file in memory, and checks that its section table is inside the file. Throws as
// refuse_object does.
ElfPointer open_object(std::span<const std::byte> bytes, const std::string &label, GElf_Ehdr &header);

// Reads the note from any section. Throws as refuse_object does for another backend or an unknown engine.
KernelNote read_kernel_note(Elf *elf, const std::string &label, const std::string &backend);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_KERNEL_NOTE_HPP_
