// SPDX-License-Identifier: Apache-2.0
#include "onboard/visible_devices.hpp"

#include <algorithm>
#include <charconv>

namespace hal::onboard {
namespace {

// Why an entry is invalid; "" if it is valid, and number is then set.
std::string judge(std::string_view entry, const std::vector<std::uint32_t> &before, std::optional<std::uint32_t> count,
                  std::uint32_t &number) {
  if (entry.empty()) return "the entry is empty";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(entry.begin(), entry.end(), is_digit)) return "only digits are allowed, without blanks";
  const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), number);
  if (error != std::errc()) return "the number is too large";
  if (!before.empty() && number <= before.back()) return "the numbers must be in ascending order";
  if (count && number >= *count) return "there are only " + std::to_string(*count) + " devices";
  return {};
}

}  // namespace

VisibleDevices parse_visible_devices(std::string_view list, std::optional<std::uint32_t> count) {
  VisibleDevices visible;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view entry = list.substr(0, comma);
    std::uint32_t number = 0;
    visible.why = judge(entry, visible.devices, count, number);
    if (!visible.why.empty()) {
      visible.rejected = entry;
      return visible;
    }
    visible.devices.push_back(number);
    if (comma == std::string_view::npos) return visible;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace hal::onboard
