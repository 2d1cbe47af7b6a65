// SPDX-License-Identifier: Apache-2.0
//
// How a backend is named: "name[:ordinal]", a comma-separated list of those, or "auto".
#ifndef HAL_SRC_ENVIRONMENT_BACKEND_SPEC_HPP_
#define HAL_SRC_ENVIRONMENT_BACKEND_SPEC_HPP_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hal::core {

struct BackendName {
  std::string name;
  std::optional<std::uint32_t> ordinal;
};

// In order of preference; empty = the one usable hardware backend.
struct BackendSpec {
  std::vector<BackendName> names;

  bool is_auto() const noexcept { return names.empty(); }
};

inline constexpr std::string_view kBackendGrammar = "name[:ordinal], a list of those separated by commas, or auto";

// Whether a backend can be called this: names that the grammar has no place for could never be selected.
bool is_backend_name(std::string_view text);

// Returns what is wrong with text; "" = nothing. Empty text is auto.
std::string parse_backend_spec(std::string_view text, BackendSpec &spec);

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_BACKEND_SPEC_HPP_
