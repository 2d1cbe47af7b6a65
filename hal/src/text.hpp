// SPDX-License-Identifier: Apache-2.0
//
// Small work on text: bounded UTF-8 copies, lists for people.
#ifndef HAL_SRC_TEXT_HPP_
#define HAL_SRC_TEXT_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hal::core {

// Copies text into buffer (size bytes, ending in NUL), cut at a character and with '?' for every byte that is not
// UTF-8. Returns the bytes written, less the NUL.
std::size_t copy_utf8(char *buffer, std::size_t size, std::string_view text) noexcept;

// As copy_utf8, but a text that does not fit ends with "…" after its last whole word.
std::size_t copy_message(char *buffer, std::size_t size, std::string_view text) noexcept;

// The text, or as many of its first words as fit into max_bytes, and "…".
std::string first_words(std::string_view text, std::size_t max_bytes);

// Whether the text is UTF-8 without control characters: it can be shown, and stays on one line.
bool is_printable(std::string_view text) noexcept;

// The start of a text for a message, so that a long value does not push the reason out of it: whole, or at most
// max_bytes cut at a character, and "…".
std::string excerpt(std::string_view text, std::size_t max_bytes = 120);

// "a, b and c"; "none" for an empty list.
std::string join_names(const std::vector<std::string> &names, std::string_view last_separator = " and ");

// The parts between separators; empty parts are kept.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace hal::core

#endif  // HAL_SRC_TEXT_HPP_
