// SPDX-License-Identifier: Apache-2.0
#include "environment/backend_spec.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "support/text.hpp"

namespace hal::core {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

std::optional<std::uint32_t> parse_ordinal(std::string_view text) {
  const auto ordinal = parse_decimal(text);
  if (!ordinal || *ordinal >= UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*ordinal);
}

std::string parse_name(std::string_view text, BackendName &name) {
  const std::size_t colon = text.find(':');
  name.name = text.substr(0, colon);
  if (!is_backend_name(name.name))
    return fmt::format("\"{}\" is not a backend name: use lower-case letters, digits, '-', '_' and '.', at most {}",
                       excerpt(name.name), kMaxNameBytes);
  if (colon == std::string_view::npos) return {};
  name.ordinal = parse_ordinal(text.substr(colon + 1));
  if (!name.ordinal) return fmt::format("\"{}\" is not a device ordinal", excerpt(text.substr(colon + 1)));
  return {};
}

}  // namespace

bool is_backend_name(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > kMaxNameBytes || !is_word(text.front()) || !is_word(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return is_word(c) || c == '-' || c == '_' || c == '.'; });
}

std::string parse_backend_spec(std::string_view text, BackendSpec &spec) {
  spec.names.clear();
  if (text.empty() || text == "auto") return {};
  for (const std::string &part : split(text, ',')) {
    BackendName name;
    if (std::string wrong = parse_name(part, name); !wrong.empty()) return wrong;
    if (name.name == "auto") return "\"auto\" cannot have a device ordinal or be part of a list";
    spec.names.push_back(std::move(name));
  }
  return {};
}

}  // namespace hal::core
