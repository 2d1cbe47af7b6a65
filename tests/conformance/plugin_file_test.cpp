// SPDX-License-Identifier: Apache-2.0
//
// P1, P2, P3, P4, P11: checks of a plugin by its file, and by a call of its entry function.
#include <elf.h>

#include <cstring>
#include <set>
#include <vector>

#include "fixture.hpp"

namespace hal::conformance {
namespace {

struct Symbols {
  std::set<std::string> exported, wanted;
};

// Returns the dynamic symbols, found by the section headers that every linker writes.
Symbols symbols_of(const std::vector<std::uint8_t> &file) {
  const auto at = [&]<typename T>(std::uint64_t offset, T &value) {
    ASSERT_LE(offset + sizeof(T), file.size());
    std::memcpy(&value, file.data() + offset, sizeof(T));
  };
  Elf64_Ehdr header{};
  at(0, header);
  const auto section = [&](unsigned index) {
    Elf64_Shdr found{};
    at(header.e_shoff + index * sizeof(Elf64_Shdr), found);
    return found;
  };
  Symbols symbols;
  for (unsigned index = 0; index < header.e_shnum; ++index) {
    const Elf64_Shdr table = section(index);
    if (table.sh_type != SHT_DYNSYM) continue;
    const Elf64_Shdr names = section(table.sh_link);
    for (std::uint64_t offset = 0; offset < table.sh_size; offset += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      at(table.sh_offset + offset, symbol);
      if (symbol.st_name == 0 || ELF64_ST_BIND(symbol.st_info) == STB_LOCAL) continue;
      const std::string name = reinterpret_cast<const char *>(file.data() + names.sh_offset + symbol.st_name);
      (symbol.st_shndx == SHN_UNDEF ? symbols.wanted : symbols.exported).insert(name);
    }
  }
  return symbols;
}

class Plugin : public Conformance {
 protected:
  std::string path() {
    auto info = sized<hal_backend_info_t>();
    EXPECT_TRUE(ok(hal_backend_info(backend_, &info)));
    return info.path;
  }
  void expect_of_entry(const char *question) {
    const Finished program = run_program({helper_program(), "entry", question, path()});
    EXPECT_EQ(program.code, 0) << program.output;
  }
};

TEST_F(Plugin, ExportsExactlyOneSymbol) {
  EXPECT_EQ(symbols_of(read_file(path())).exported, std::set<std::string>{"hal_plugin_entry_v1"})
      << "P1: build it with hal_add_plugin, or with a version script";
}

TEST_F(Plugin, NameAndDraftsAreInItsNote) {
  auto info = sized<hal_backend_info_t>();
  ASSERT_TRUE(ok(hal_backend_info(backend_, &info)));
  EXPECT_STRNE(info.arch, "") << "P2: the note lacks arch";
  EXPECT_TRUE(kind_ == "sim" || kind_ == "onboard") << "P2: the note's kind is \"" << kind_ << "\"";
}

TEST_F(Plugin, SaysItsDraftsAlsoWhenItRefuses) { expect_of_entry("refuses"); }

TEST_F(Plugin, HasAnEntryThatTouchesNothingAndMayBeCalledAgain) { expect_of_entry("pure"); }

TEST_F(Plugin, LeavesTheProcessToTheProgram) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer replaces functions";
  const auto wanted = symbols_of(read_file(path())).wanted;
  for (const char *name :
       {"getenv",  "secure_getenv", "setenv",        "unsetenv",  "putenv",     "clearenv", "signal", "sigaction",
        "sigset",  "exit",          "_exit",         "_Exit",     "quick_exit", "atexit",   "abort",  "printf",
        "vprintf", "fprintf",       "dprintf",       "puts",      "fputs",      "putchar",  "perror", "stdout",
        "stderr",  "__printf_chk",  "__fprintf_chk", "_ZSt4cout", "_ZSt4cerr"}) {
    // A vendor's library may install signal handlers when it is opened. A plugin that opens one restores the handlers.
    if (kind_ == "onboard" && std::string(name) == "sigaction") continue;
    EXPECT_FALSE(wanted.contains(name)) << "P11: it calls " << name << "; use options, log and set_error of the core";
  }
}

}  // namespace
}  // namespace hal::conformance
