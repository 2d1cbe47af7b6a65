// SPDX-License-Identifier: Apache-2.0
//
// HAL_BACKEND.
#include "environment/backend_spec.hpp"

#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/backend_spec_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::BackendName;
using hal::core::BackendSpec;
using hal::fuzz::holds;

std::string format(const BackendSpec &spec) {
  if (spec.is_auto()) return "auto";
  std::string text;
  for (const BackendName &name : spec.names) {
    if (!text.empty()) text += ',';
    text += name.name;
    if (name.ordinal) text += ':' + std::to_string(*name.ordinal);
  }
  return text;
}

// Returns the text without the leading zeros of its ordinals.
std::string canonical(std::string_view text) {
  if (text.empty()) return "auto";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit_follows = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    const bool in_ordinal = !result.empty() && result.back() == ':';
    if (!(in_ordinal && text[i] == '0' && digit_follows)) result += text[i];
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const hal::fuzz::Exact input(data, size);
  BackendSpec spec;
  if (const std::string wrong = subject::parse_backend_spec(input.text(), spec); !wrong.empty()) {
    holds(wrong.size() < 1024, "the reason fits into a message", wrong);
    return 0;
  }
  for (const BackendName &name : spec.names) {
    holds(name.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos &&
              !name.name.empty() && name.name != "auto",
          "a name has only allowed characters", name.name);
    holds(name.ordinal != UINT32_MAX, "the ordinal is not HAL_DEVICE_DEFAULT");
  }
  holds(format(spec) == canonical(input.text()), "an accepted text keeps its meaning", format(spec));
  return 0;
}
