// SPDX-License-Identifier: Apache-2.0
//
// Small functions on text: bounded UTF-8 copies, lists for messages.
#ifndef HAL_SRC_SUPPORT_TEXT_HPP_
#define HAL_SRC_SUPPORT_TEXT_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hal::core {

// Copies text into buffer, which has size bytes and ends in NUL. The text is cut between characters, and every byte
// that is not UTF-8 becomes '?'. Returns the bytes written without the NUL.
std::size_t copy_utf8(char *buffer, std::size_t size, std::string_view text) noexcept;

// As copy_utf8, but copies the text escaped (escape.hpp).
std::size_t copy_escaped(char *buffer, std::size_t size, std::string_view text) noexcept;

// As copy_escaped, but a text that does not fit ends with "…" after its last whole word.
std::size_t copy_message(char *buffer, std::size_t size, std::string_view text) noexcept;

// The text, or as many of its first words as fit into max_bytes, and "…".
std::string first_words(std::string_view text, std::size_t max_bytes);

// Whether the text is UTF-8 without control characters, so that escaping does not change it.
bool is_printable(std::string_view text) noexcept;

// The text for a message, so that a long value leaves space for the reason. A text of more than max_bytes is cut
// between characters and ends in "…".
std::string excerpt(std::string_view text, std::size_t max_bytes = 120);

// "a, b and c", or with another last separator; "none" for an empty list.
std::string join_names(const std::vector<std::string> &names, std::string_view last_separator = " and ");

// The number of a text of decimal digits; nothing if it is something else or exceeds 64 bits.
std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

// "5f1a", two digits per byte.
std::string hexadecimal(std::string_view bytes);

// The parts between separators, with empty ones.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace hal::core

#endif  // HAL_SRC_SUPPORT_TEXT_HPP_
