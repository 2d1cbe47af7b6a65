// SPDX-License-Identifier: Apache-2.0
//
// Text from files, variables and other programs, made safe for a terminal and for one line of a log.
#ifndef HAL_SRC_SUPPORT_ESCAPE_HPP_
#define HAL_SRC_SUPPORT_ESCAPE_HPP_

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace hal::core {

// Length of the UTF-8 character at the start of text; 0 if there is none.
inline std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

// Length of the character at the start of text; 0 if it is a control character (C0, DEL, C1) or not UTF-8.
inline std::size_t shown_length(std::string_view text) noexcept {
  const std::size_t length = character_length(text);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const bool control =
      length == 1 ? byte(0) < 0x20 || byte(0) == 0x7F : length == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
  return control ? 0 : length;
}

// "\x1b" for a byte.
inline std::array<char, 4> escaped_byte(char c) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// The text with \xNN for each byte of a control character and for each byte that is not UTF-8. Escaping a text twice
// changes nothing.
inline std::string escaped(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = shown_length(text);
    if (length > 0) {
      shown.append(text.substr(0, length));
    } else {
      const std::array<char, 4> escape = escaped_byte(text[0]);
      shown.append(escape.data(), escape.size());
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

}  // namespace hal::core

#endif  // HAL_SRC_SUPPORT_ESCAPE_HPP_
