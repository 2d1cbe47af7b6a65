// SPDX-License-Identifier: Apache-2.0
// Off by one: a segment may end one byte after the end of the file.
#include <vector>

#include "backends/note.hpp"

namespace hal::fuzz::seeded {

inline core::ElfFacts inspect_plugin(std::span<const char> bytes) {
  std::vector<char> longer(bytes.begin(), bytes.end());
  longer.push_back('\0');
  return core::inspect_plugin(longer);
}

}  // namespace hal::fuzz::seeded
