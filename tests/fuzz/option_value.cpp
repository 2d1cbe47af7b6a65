// SPDX-License-Identifier: Apache-2.0
//
// A declared variable and the text of its value: one byte for the type, eight for each limit, then the text.
#include <cstring>
#include <string>

#include "environment/environment.hpp"
#include "properties.hpp"

#ifdef HAL_FUZZ_SEEDED
#include "seeded/option_value_bug.hpp"
namespace subject = hal::fuzz::seeded;
#else
namespace subject = hal::core;
#endif

namespace {

using hal::core::Value;
using hal::core::Variable;
using hal::fuzz::holds;

constexpr std::size_t kHeadBytes = 1 + 2 * sizeof(std::uint64_t);
constexpr std::uint32_t kTypes[] = {HAL_OPTION_TEXT, HAL_OPTION_NUMBER, HAL_OPTION_BYTES, HAL_OPTION_SWITCH};

Variable declare(const std::uint8_t *head) {
  Variable variable = {.name = "HAL_FUZZ_VALUE", .type = kTypes[head[0] % 4]};
  std::memcpy(&variable.min, head + 1, sizeof variable.min);
  std::memcpy(&variable.max, head + 1 + sizeof variable.min, sizeof variable.max);
  if (variable.min > variable.max) std::swap(variable.min, variable.max);
  return variable;
}

// Returns the number that the digits of a text mean; a size may end with K, M, G or T. The type is wide enough for
// every value that the product accepts. For longer texts, the result is only too large to be accepted.
__uint128_t meaning(std::string_view text, bool size) {
  const std::size_t power = size ? std::string_view("KMGT").find(text.back()) : std::string_view::npos;
  if (power != std::string_view::npos) text.remove_suffix(1);
  __uint128_t number = 0;
  for (const char digit : text)
    if (number < (static_cast<__uint128_t>(1) << 80)) number = number * 10 + static_cast<unsigned>(digit - '0');
  return power == std::string_view::npos ? number : number << (10 * (power + 1));
}

void check_accepted(const Variable &variable, std::string_view text, const Value &value) {
  holds(value.text == text, "the value keeps the text");
  if (variable.type == HAL_OPTION_TEXT) return;
  const bool is_switch = variable.type == HAL_OPTION_SWITCH;
  holds(value.number >= (is_switch ? 0 : variable.min) && value.number <= (is_switch ? 1 : variable.max),
        "an accepted value lies within its limits", text);
  holds(!text.empty() && text.find_first_not_of("0123456789KMGT") == text.npos,
        "an accepted number has only digits and a unit", text);
  holds(value.number == meaning(text, variable.type == HAL_OPTION_BYTES), "a number has the value of its text", text);
}

// The message names the limits: "… from 4K to 1G: …".
void check_refused(const Variable &variable, std::string_view text, std::string_view wrong) {
  const bool readable = hal::fuzz::is_utf8(text) && text.find('\0') == text.npos;
  holds(!readable || hal::fuzz::is_message(wrong), "the reason can be shown", wrong);
  holds(wrong.size() < 1024, "the reason fits into a message", wrong);
  holds(wrong.starts_with(variable.name + " is \""), "the reason names the variable", wrong);
  const std::size_t allowed = wrong.rfind("allowed is ");
  holds(allowed != wrong.npos, "the reason says what is allowed", wrong);
  if (variable.type == HAL_OPTION_SWITCH) return;
  const std::size_t from = wrong.find(" from ", allowed) + 6;
  const std::size_t to = wrong.find(" to ", from) + 4;
  Value value;
  holds(
      subject::parse_value(variable, wrong.substr(from, to - 4 - from), value).empty() && value.number == variable.min,
      "the message names the lower limit", wrong);
  holds(subject::parse_value(variable, wrong.substr(to, wrong.substr(to).find(':')), value).empty() &&
            value.number == variable.max,
        "the message names the upper limit", wrong);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < kHeadBytes) return 0;
  const Variable variable = declare(data);
  const hal::fuzz::Exact input(data + kHeadBytes, size - kHeadBytes);
  Value value;
  const std::string wrong = subject::parse_value(variable, input.text(), value);
  if (wrong.empty())
    check_accepted(variable, input.text(), value);
  else
    check_refused(variable, input.text(), wrong);
  return 0;
}
