// SPDX-License-Identifier: Apache-2.0
//
// Small pieces of text that messages are made of.
#ifndef HAL_PLUGINS_SUPPORT_TEXT_HPP_
#define HAL_PLUGINS_SUPPORT_TEXT_HPP_

#include <cstdint>
#include <string>
#include <string_view>

namespace hal::plugins {

std::string hex_text(std::uint64_t value);                            // "0x1f"
std::string count_text(std::uint64_t number, std::string_view what);  // "1 byte", "2 bytes"
std::string size_text(std::uint64_t bytes);                           // "16 GiB", "1.5 GiB", "12 bytes"
std::string errno_text(int error);                                    // the system's text, and the number
std::string demangled(const char *symbol);                            // the symbol itself if it is not a C++ name

// Joins the texts of a range with a separator.
template <typename Texts>
std::string join(const Texts &texts, std::string_view separator) {
  std::string joined;
  for (const auto &text : texts) {
    if (!joined.empty()) joined += separator;
    joined += text;
  }
  return joined;
}

}  // namespace hal::plugins

#endif  // HAL_PLUGINS_SUPPORT_TEXT_HPP_
