// SPDX-License-Identifier: Apache-2.0
//
// Writes small shared objects for seeds and for notes. They have no code, only the parts that libhal reads.
#ifndef HAL_TESTS_FUZZ_ELF_WRITER_HPP_
#define HAL_TESTS_FUZZ_ELF_WRITER_HPP_

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hal::fuzz {

#if defined(__x86_64__)
inline constexpr Elf64_Half kThisMachine = EM_X86_64;
#elif defined(__aarch64__)
inline constexpr Elf64_Half kThisMachine = EM_AARCH64;
#else
#error "libhal runs on x86-64 and aarch64"
#endif

enum class HashTable { kNone, kSysV, kGnu };

struct SharedObject {
  std::string note_owner = "libhal";
  std::uint32_t note_type = 1;
  std::string note;  // payload
  std::vector<std::string> needed;
  std::string runpath;
  std::vector<std::string> functions;  // exported
  HashTable hash = HashTable::kGnu;
};

// One PT_LOAD at address 0 holds the whole file, so addresses are offsets. There are also PT_DYNAMIC, PT_NOTE and
// PT_GNU_STACK, and the sections .note, .dynsym and .dynstr.
std::vector<char> write_shared_object(const SharedObject &object);

}  // namespace hal::fuzz

#endif  // HAL_TESTS_FUZZ_ELF_WRITER_HPP_
