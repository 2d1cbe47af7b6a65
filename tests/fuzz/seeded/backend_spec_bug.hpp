// SPDX-License-Identifier: Apache-2.0
// An ordinal of more than 32 bits wraps around.
#include <cstdlib>

#include "environment/backend_spec.hpp"

namespace hal::fuzz::seeded {

inline std::string parse_backend_spec(std::string_view text, core::BackendSpec &spec) {
  const std::string whole(text);
  std::string wrong = core::parse_backend_spec(whole, spec);
  const std::size_t colon = whole.find(':');
  if (wrong.empty() || colon == std::string::npos) return wrong;
  const std::string digits = whole.substr(colon + 1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return wrong;
  if (!core::parse_backend_spec(whole.substr(0, colon), spec).empty() || spec.names.empty()) return wrong;
  spec.names.back().ordinal = static_cast<std::uint32_t>(std::strtoull(digits.c_str(), nullptr, 10));
  return {};
}

}  // namespace hal::fuzz::seeded
