// SPDX-License-Identifier: Apache-2.0
//
// What hal_add_kernel has left in a kernel object: for which backend and engine it was built.
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
  bool found = false;            // false: a foreign object, not built with hal_add_kernel
  std::string backend;           // "" = it does not say
  hal_engine_mask_t engine = 0;  // 0 = it does not say
};

// Throws plugin::Failure, INVALID_ARGUMENT: label is not a kernel object for this backend, and why.
[[noreturn]] void refuse_object(const std::string &label, const std::string &why);

// Reads the header of an ELF file in memory and checks that its section table lies inside. Throws as refuse_object.
ElfPointer open_object(std::span<const std::byte> bytes, const std::string &label, GElf_Ehdr &header);

// The note, from whichever section has it. Throws as refuse_object: built for another backend, or an unknown engine.
KernelNote read_kernel_note(Elf *elf, const std::string &label, const std::string &backend);

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_KERNEL_NOTE_HPP_
