// SPDX-License-Identifier: Apache-2.0
#include "support/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "support/escape.hpp"

namespace hal::core {
namespace {

constexpr std::string_view kEllipsis = "…";

// Where to cut a text of which at most max_bytes fit: after a whole word, or after a character of a word that is longer
// than a line.
std::size_t cut_length(std::string_view text, std::size_t max_bytes) noexcept {
  constexpr std::size_t kLongestWord = 120;
  const std::size_t space = text.substr(0, max_bytes + 1).find_last_of(' ');
  if (space != std::string_view::npos && max_bytes - space <= kLongestWord)
    return text.find_last_not_of(' ', space) + 1;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

// Copies as many characters of text as fit, escaped, and removes them from text.
std::size_t take_escaped(char *buffer, std::size_t size, std::string_view &text) noexcept {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t length = shown_length(text);
    const std::array<char, 4> escape = escaped_byte(text[0]);
    const std::string_view piece = length > 0 ? text.substr(0, length) : std::string_view(escape.data(), escape.size());
    if (used + piece.size() + 1 > size) break;
    std::copy_n(piece.data(), piece.size(), buffer + used);
    used += piece.size();
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (size > 0) buffer[used] = '\0';
  return used;
}

}  // namespace

std::size_t copy_utf8(char *buffer, std::size_t size, std::string_view text) noexcept {
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::size_t taken = length == 0 ? 1 : length;
    if (used + taken + 1 > size) break;
    if (length == 0)
      buffer[used] = '?';
    else
      std::copy_n(text.data(), length, buffer + used);
    used += taken;
    text.remove_prefix(taken);
  }
  if (size > 0) buffer[used] = '\0';
  return used;
}

std::size_t copy_escaped(char *buffer, std::size_t size, std::string_view text) noexcept {
  return take_escaped(buffer, size, text);
}

std::size_t copy_message(char *buffer, std::size_t size, std::string_view text) noexcept {
  const std::size_t used = take_escaped(buffer, size, text);
  if (text.empty() || used == 0 || size <= kEllipsis.size()) return used;
  const std::size_t kept = cut_length(buffer, std::min(used - 1, size - 1 - kEllipsis.size()));
  return kept + copy_utf8(buffer + kept, size - kept, kEllipsis);
}

std::string first_words(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  return std::string(text.substr(0, cut_length(text, max_bytes))).append(kEllipsis);
}

bool is_printable(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = shown_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string join_names(const std::vector<std::string> &names, std::string_view last_separator) {
  if (names.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? last_separator : ", ";
    text += names[i];
  }
  return text;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string hexadecimal(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace hal::core
