// SPDX-License-Identifier: Apache-2.0
//
// The grammar of HAL_BACKEND: "name[:ordinal]", a comma-separated list of those, or "auto".
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

// The names in order of preference. An empty list means auto: the only usable hardware backend.
struct BackendSpec {
  std::vector<BackendName> names;

  bool is_auto() const noexcept { return names.empty(); }
};

inline constexpr std::string_view kBackendGrammar = "name[:ordinal], a list of those separated by commas, or auto";

// Whether the grammar accepts text as the name of a backend.
bool is_backend_name(std::string_view text);

// Returns what is wrong with text; "" = nothing. Empty text means auto.
std::string parse_backend_spec(std::string_view text, BackendSpec &spec);

}  // namespace hal::core

#endif  // HAL_SRC_ENVIRONMENT_BACKEND_SPEC_HPP_
