// SPDX-License-Identifier: Apache-2.0
#include "support/machine.hpp"

#include <charconv>
#include <fstream>

#include "support/text.hpp"

namespace hal::plugins {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Removes the number that text starts with, and returns it.
std::optional<std::uint64_t> take_number(std::string_view &text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<KernelVersion> parse_kernel_version(std::string_view release) {
  const auto major = take_number(release);
  if (!major || !release.starts_with('.')) return std::nullopt;
  release.remove_prefix(1);
  const auto minor = take_number(release);
  if (!minor) return std::nullopt;
  return KernelVersion{static_cast<unsigned>(*major), static_cast<unsigned>(*minor)};
}

std::string chosen_word(std::string_view words) {
  const std::size_t open = words.find('[');
  const std::size_t close = words.find(']', open);
  if (close == std::string_view::npos) return std::string(trimmed(words));
  return std::string(words.substr(open + 1, close - open - 1));
}

std::optional<std::string> first_line(const std::string &root, const char *path) {
  std::ifstream file(root + path);
  std::string line;
  if (!std::getline(file, line) || trimmed(line).empty()) return std::nullopt;
  return std::string(trimmed(line));
}

std::optional<std::string> value_of(const std::string &root, const char *path, std::string_view key) {
  std::ifstream file(root + path);
  for (std::string line; std::getline(file, line);) {
    std::string_view rest = trimmed(line);
    if (!rest.starts_with(key)) continue;
    rest = trimmed(rest.substr(key.size()));
    if (rest.starts_with('=') || rest.starts_with(':')) return std::string(trimmed(rest.substr(1)));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> meminfo_bytes(const std::string &root, std::string_view key) {
  const auto text = value_of(root, "/proc/meminfo", key);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto kibibytes = take_number(rest);
  if (!kibibytes || trimmed(rest) != "kB") return std::nullopt;
  return *kibibytes * 1024;
}

std::string limit_text(rlim_t limit) { return limit == RLIM_INFINITY ? "unlimited" : size_text(limit); }

rlim_t soft_limit(__rlimit_resource_t resource) {
  rlimit limit = {};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

}  // namespace hal::plugins
