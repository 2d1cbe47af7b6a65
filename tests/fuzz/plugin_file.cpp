// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a plugin's file, as libhal reads them before dlopen.
#include <algorithm>
#include <array>
#include <string>

#include "backends/dependencies.hpp"
#include "backends/elf_image.hpp"
#include "backends/note.hpp"
#include "environment/backend_spec.hpp"
#include "hal/hal_plugin.h"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/plugin_file_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::ElfFacts;
using hal::core::ElfImage;
using hal::fuzz::holds;

constexpr std::array<std::string_view, 4> kReasons = {"not_elf", "truncated", "wrong_arch", "no_note"};

void check_facts(const ElfFacts &facts, std::span<const char> bytes) {
  if (!facts.reason.empty()) {
    holds(std::find(kReasons.begin(), kReasons.end(), facts.reason) != kReasons.end(),
          "the reason is one of the reason codes", facts.reason);
    holds(hal::fuzz::is_message(facts.detail), "the detail can be shown", facts.detail);
    return;
  }
  holds(facts.detail.empty(), "a good file has no detail", facts.detail);
  holds(hal::fuzz::is_whole_object(bytes), "an accepted file is a whole shared object of this machine");
  hal::core::BackendSpec spec;
  const auto backend = facts.note.find("backend");
  holds(backend != facts.note.end(), "an accepted file names its backend");
  holds(hal::core::parse_backend_spec(backend->second, spec).empty() && !spec.is_auto() && !spec.names[0].ordinal,
        "HAL_BACKEND can name an accepted backend", backend->second);
  holds(facts.build_id.size() <= 128 && facts.build_id.find_first_not_of("0123456789abcdef") == std::string::npos,
        "the build id is at most 64 bytes in hexadecimal", facts.build_id);
}

// Text that was read is in the file, with its NUL.
void check_text(std::string_view text, std::string_view file) {
  holds(text.find('\0') == text.npos, "a name ends at its NUL");
  holds(file.find(std::string(text) + '\0') != file.npos, "a name that was read is in the file", text);
}

void check_image(const ElfImage &image, std::string_view file) {
  for (const std::string &name : image.needed()) {
    holds(!name.empty(), "a needed library has a name");
    check_text(name, file);
  }
  if (!image.rpath().empty()) check_text(image.rpath(), file);
  if (!image.runpath().empty()) check_text(image.runpath(), file);
  for (const char *symbol : {HAL_PLUGIN_ENTRY_NAME, "f"})
    if (image.exports(symbol).value_or(false)) check_text(symbol, file);
  const std::vector<std::string> missing = hal::core::missing_dependencies(image, "/nowhere/libhal-x.so");
  for (const std::string &name : missing)
    holds(std::find(image.needed().begin(), image.needed().end(), name) != image.needed().end(),
          "a missing library is a needed one", name);
  holds(std::find(missing.begin(), missing.end(), "libc.so.6") == missing.end(), "a loaded library is not missing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  hal::fuzz::Exact input = hal::fuzz::exact_elf(data, size);
  const std::span<const char> bytes = input.bytes();
  check_facts(subject::inspect_plugin(bytes), bytes);
  check_image(ElfImage(bytes), input.text());
  return 0;
}
