// SPDX-License-Identifier: Apache-2.0
//
// The payload of a plugin's note: alone, and in a shared object that is otherwise good.
#include "backends/note.hpp"

#include <algorithm>
#include <string>

#include "elf_writer.hpp"
#include "hal/hal_plugin.h"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/note_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::NoteFields;
using hal::fuzz::holds;

std::string format_note(const NoteFields &fields) {
  std::string payload;
  for (const auto &[key, value] : fields) payload += key + '=' + value + '\0';
  return payload;
}

bool is_plain(std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  return hal::fuzz::is_utf8(text) && std::none_of(text.begin(), text.end(), is_control);
}

// True if the value is that of the first printable entry of the key. Written from the contract, not from the code.
bool is_first_entry(std::string_view payload, const std::string &key, const std::string &value) {
  const std::string start = key + '=';
  for (std::size_t at = 0; at <= payload.size(); at = payload.find('\0', at) + 1) {
    const std::string_view entry = payload.substr(at, payload.substr(at).find('\0'));
    if (entry.starts_with(start) && is_plain(entry)) return entry.substr(start.size()) == value;
    if (payload.find('\0', at) == payload.npos) return false;
  }
  return false;
}

void check_fields(const NoteFields &fields, std::string_view payload) {
  for (const auto &[key, value] : fields) {
    holds(!key.empty() && key.find('=') == key.npos, "a key has no equals sign", key);
    holds(is_plain(key) && is_plain(value), "keys and values can be printed", key);
    holds(is_first_entry(payload, key, value), "the first entry of a key holds", key);
  }
  holds(subject::parse_note(format_note(fields)) == fields, "fields that are written and read are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  hal::fuzz::Exact input(data, size);
  const NoteFields fields = subject::parse_note(input.text());
  check_fields(fields, input.text());

  const std::vector<char> file = hal::fuzz::write_shared_object({.note = std::string(input.text())});
  const hal::core::ElfFacts facts = hal::core::inspect_plugin(file);
  holds(facts.reason.empty() || facts.reason == "no_note", "the file is refused only for its note", facts.reason);
  if (facts.reason.empty()) {
    holds(size <= HAL_NOTE_MAX_BYTES, "an accepted note is within the size limit");
    holds(facts.note == hal::core::parse_note(input.text()), "the file's note is the payload");
  }
  return 0;
}
