// SPDX-License-Identifier: Apache-2.0
#include "environment/environment.hpp"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>

#include "diagnostics/log.hpp"
#include "hal/names.h"
#include "support/spelling.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::string_view kSuffixes = "KMGT";
  std::uint64_t unit = 1;
  if (!text.empty())
    if (const std::size_t power = kSuffixes.find(text.back()); power != std::string_view::npos) {
      unit = std::uint64_t{1} << (10 * (power + 1));
      text.remove_suffix(1);
    }
  const auto number = parse_decimal(text);
  std::uint64_t bytes = 0;
  if (!number || __builtin_mul_overflow(*number, unit, &bytes)) return std::nullopt;
  return bytes;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr char kSuffixes[] = "KMGT";
  for (int power = 4; power >= 1; --power)
    if (bytes != 0 && bytes % (std::uint64_t{1} << (10 * power)) == 0)
      return fmt::format("{}{}", bytes >> (10 * power), kSuffixes[power - 1]);
  return std::to_string(bytes);
}

std::string allowed(const Variable &variable) {
  switch (variable.type) {
    case HAL_OPTION_TEXT:
      return join_names(variable.choices, " or ");
    case HAL_OPTION_PATH:
      return "an absolute path";
    case HAL_OPTION_SWITCH:
      return "0 or 1";
    case HAL_OPTION_BYTES:
      return fmt::format("a size from {} to {}: decimal digits, with K, M, G or T for powers of 1024",
                         format_bytes(variable.min), format_bytes(variable.max));
    default:
      return fmt::format("a decimal number from {} to {}", variable.min, variable.max);
  }
}

bool is_allowed_text(const Variable &variable, std::string_view text) {
  const std::vector<std::string> &choices = variable.choices;
  if (variable.type == HAL_OPTION_PATH) return text.empty() || text.front() == '/';
  return choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool parse_number(const Variable &variable, std::string_view text, std::uint64_t &number) {
  const auto parsed = variable.type == HAL_OPTION_BYTES ? parse_bytes(text) : parse_decimal(text);
  const bool is_switch = variable.type == HAL_OPTION_SWITCH;
  const std::uint64_t min = is_switch ? 0 : variable.min;
  const std::uint64_t max = is_switch ? 1 : variable.max;
  if (!parsed || *parsed < min || *parsed > max) return false;
  number = *parsed;
  return true;
}

// Names that were declared, and names that a warning has named.
struct KnownNames {
  std::mutex mutex;
  std::set<std::string, std::less<>> declared;
  std::set<std::string, std::less<>> warned;
};

KnownNames &known_names() {
  static KnownNames &names = *new KnownNames;
  return names;
}

// Values that plugins received. They are copies, since setenv may free the environment's own text.
struct KeptTexts {
  std::mutex mutex;
  std::set<std::string> texts;
};

KeptTexts &kept_texts() {
  static KeptTexts &kept = *new KeptTexts;
  return kept;
}

std::vector<std::string> set_names() {
  constexpr std::string_view kPrefix = "HAL_";
  std::vector<std::string> names;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(kPrefix)) names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

std::vector<std::string> log_level_names() {
#define HAL_LOG_LEVEL_NAME(constant, upper, lower) lower,
  return {HAL_EACH_LOG_LEVEL(HAL_LOG_LEVEL_NAME)};
#undef HAL_LOG_LEVEL_NAME
}

}  // namespace

const std::vector<Variable> &core_variables() {
  static const std::vector<Variable> &variables = *new std::vector<Variable>{
      {"HAL_BACKEND", HAL_OPTION_TEXT, "auto",
       "Backend to use: name[:ordinal], a list from which the first usable one is taken, or auto (usable hardware)."},
      {"HAL_PLUGIN_FILES", HAL_OPTION_TEXT, "",
       "Absolute plugin files separated by ':'; libhal considers no other file."},
      {"HAL_PLUGIN_PATH", HAL_OPTION_TEXT, "",
       "Absolute directories separated by ':', searched before the other places."},
      {"HAL_LOG_LEVEL", HAL_OPTION_TEXT, "warn", "Messages below this level are dropped.", 0, 0, log_level_names()},
      {"HAL_FAULTS", HAL_OPTION_TEXT, "",
       "Failures to inject, for tests: mem_register#3=OUT_OF_MEMORY;stream_wait#*=TIMEOUT."},
      {"HAL_DEBUG", HAL_OPTION_SWITCH, "0",
       "1: reports show the call stack of each allocation, and a host crash on a device address names the allocation."},
  };
  return variables;
}

Variable option_variable(const hal_option_v1_t &option, const char *choices) {
  const auto text = [](const char *s) { return std::string(s != nullptr ? s : ""); };
  Variable variable = {fmt::format("HAL_{}_{}", text(option.family), text(option.name)),
                       option.type,
                       text(option.default_value),
                       text(option.help),
                       option.min,
                       option.max,
                       {}};
  if (choices != nullptr && *choices != '\0') variable.choices = split(choices, '|');
  return variable;
}

bool has_elevated_privileges() noexcept { return ::getauxval(AT_SECURE) != 0; }

std::optional<std::string> environment_text(const std::string &name) {
  const char *text = secure_getenv(name.c_str());
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

std::string parse_value(const Variable &variable, std::string_view text, Value &value) {
  value.text = text;
  value.number = 0;
  const bool is_text = variable.type == HAL_OPTION_TEXT || variable.type == HAL_OPTION_PATH;
  if (is_text ? is_allowed_text(variable, text) : parse_number(variable, text, value.number)) return {};
  return fmt::format("{} is \"{}\"; allowed is {}", variable.name, excerpt(text), allowed(variable));
}

std::string read_variable(const Variable &variable, Value &value) {
  if (const auto text = environment_text(variable.name)) return parse_value(variable, *text, value);
  if (variable.default_value.empty()) {
    value = {};
    return {};
  }
  return parse_value(variable, variable.default_value, value);
}

bool is_foreign_variable(std::string_view name) noexcept {
  return !name.empty() && !name.starts_with("HAL_") && name.find('=') == std::string_view::npos;
}

const char *foreign_variable(const char *name) {
  const char *text = secure_getenv(name);
  if (text == nullptr) return nullptr;
  KeptTexts &kept = kept_texts();
  const std::lock_guard lock(kept.mutex);
  return kept.texts.insert(text).first->c_str();
}

void warn_of_misspelt(const std::vector<Variable> &variables) {
  constexpr std::size_t kMaxEdits = 2;
  std::vector<std::string> declared;
  for (const Variable &variable : variables) declared.push_back(variable.name);

  std::vector<std::pair<std::string, std::string>> misspelt;
  {
    KnownNames &names = known_names();
    const std::lock_guard lock(names.mutex);
    names.declared.insert(declared.begin(), declared.end());
    for (const Variable &variable : core_variables()) names.declared.insert(variable.name);
    for (const std::string &name : set_names()) {
      if (names.declared.contains(name) || names.warned.contains(name)) continue;
      const std::string meant = nearest_spelling(name, declared, kMaxEdits);
      if (meant.empty()) continue;
      names.warned.insert(name);
      misspelt.emplace_back(name, meant);
    }
  }
  for (const auto &[name, meant] : misspelt)
    log(HAL_LOG_WARN, "the environment variable {} is unknown and has no effect; did you mean {}?", name, meant);
}

void warn_of_ignored() {
  static std::atomic<bool> warned{false};
  if (!has_elevated_privileges() || warned.exchange(true)) return;
  const std::vector<std::string> names = set_names();
  if (!names.empty()) log(HAL_LOG_WARN, "this process has elevated privileges and ignores {}", join_names(names));
}

}  // namespace hal::core
