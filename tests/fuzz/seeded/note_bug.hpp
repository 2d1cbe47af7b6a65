// SPDX-License-Identifier: Apache-2.0
// HAL_FUZZ_SEEDED=1: the last entry of a key holds, not the first. 2: reads the byte after the payload.
#include <string>

#include "backends/note.hpp"
#include "support/text.hpp"

namespace hal::fuzz::seeded {

inline core::NoteFields parse_note(std::string_view payload) {
  core::NoteFields fields = core::parse_note(payload);
  if (HAL_FUZZ_SEEDED == 2 && !payload.empty() && payload.data()[payload.size()] == '?') fields.clear();
  if (HAL_FUZZ_SEEDED == 1)
    for (const std::string &entry : core::split(payload, '\0'))
      for (const auto &[key, value] : core::parse_note(entry)) fields[key] = value;
  return fields;
}

}  // namespace hal::fuzz::seeded
