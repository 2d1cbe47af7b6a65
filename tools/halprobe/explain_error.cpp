// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "ask.hpp"
#include "commands.hpp"
#include "survey.hpp"

namespace halprobe {
namespace {

constexpr const char *kLibhal = "libhal";

constexpr const char *kErrno = "errno";  // the domains of libhal's own codes
constexpr const char *kHal = "hal";
constexpr std::string_view kStatusPrefix = "HAL_ERR_";
constexpr std::string_view kPrefix = "HAL_";

struct Code {
  std::string domain;  // "" = any
  std::int64_t number = 0;
};

// Decimal, or hexadecimal with 0x. Both may have a minus sign.
std::optional<std::int64_t> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  const std::uint64_t most = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (error != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - number : number);
}

bool is_domain(std::string_view text) {
  return !text.empty() && text.size() < 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// The codes that have names, with these names.
std::vector<std::pair<std::string, Code>> named_codes() {
  constexpr int kMaxErrno = 4095;
  std::vector<std::pair<std::string, Code>> codes;
  for (const auto &[name, status] : status_names()) codes.push_back({name, {kHal, status}});
  for (int number = 1; number <= kMaxErrno; ++number)
    if (const char *name = ::strerrorname_np(number); name != nullptr) codes.push_back({name, {kErrno, number}});
  return codes;
}

// A name that messages print: KERNEL_FAULT, HAL_ERR_KERNEL_FAULT or ENOMEM, in upper or lower case.
std::optional<Code> parse_code_name(const std::string &text, const std::string &domain,
                                    std::vector<std::string> &known) {
  std::string name = text;
  for (char &c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  for (const std::string_view prefix : {kStatusPrefix, kPrefix})
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  for (const auto &[other, code] : named_codes()) {
    if (!domain.empty() && domain != code.domain) continue;
    if (name == other) return code;
    known.push_back(other);
  }
  return std::nullopt;
}

Code parse_code(const std::string &text) {
  const std::size_t colon = text.find(':');
  const std::string domain = colon == std::string::npos ? "" : text.substr(0, colon);
  const std::string code = colon == std::string::npos ? text : text.substr(colon + 1);
  if (colon != std::string::npos && !is_domain(domain))
    throw UsageError("'" + domain + "' is not a domain: lower-case letters, digits, '_' and '-'");
  if (const auto number = parse_number(code)) return {domain, *number};
  std::vector<std::string> known;
  if (const auto named = parse_code_name(code, domain, known)) return *named;
  const std::string suggestion = did_you_mean(code, known);
  throw UsageError("'" + code + "' is not a code" +
                   (suggestion.empty()
                        ? ": a number of at most 64 bits, decimal or hexadecimal (0x), or a name such as "
                          "KERNEL_FAULT or ENOMEM"
                        : suggestion));
}

// One explanation, and the backends that gave it.
struct Known {
  Explanation explanation;
  std::vector<std::string> backends;
};

void add(std::vector<Known> &answers, const Explanation &explanation, const std::string &backend) {
  const auto same = std::find_if(answers.begin(), answers.end(), [&](const Known &answer) {
    const Explanation &other = answer.explanation;
    return other.domain == explanation.domain && other.status == explanation.status &&
           other.cause == explanation.cause && other.hint == explanation.hint;
  });
  if (same == answers.end())
    answers.push_back({explanation, {backend}});
  else
    same->backends.push_back(backend);
}

std::string answers_text(const Code &code, const std::vector<Known> &answers) {
  std::string text;
  for (const Known &answer : answers) {
    const Explanation &explanation = answer.explanation;
    text += std::to_string(code.number) + " of domain " + printable(explanation.domain) + ": " +
            printable(explanation.status);
    text += "\n  cause: " + printable(explanation.cause) + "\n  next:  " + printable(explanation.hint);
    text += "\n  from:  " + printable(join(answer.backends, ", ")) + '\n';
  }
  return text;
}

Json explain_error_part(const Code &code, const std::vector<Known> &answers, const std::vector<Explained> &explained) {
  Json given = Json::array();
  for (const Known &answer : answers)
    given.push_back({{"backends", answer.backends},
                     {"domain", answer.explanation.domain},
                     {"status", answer.explanation.status},
                     {"cause", answer.explanation.cause},
                     {"hint", answer.explanation.hint}});
  Json failed = Json::array();
  for (const Explained &one : explained)
    if (!one.missing.reason.empty())
      failed.push_back({{"backend", one.backend}, {"reason", one.missing.reason}, {"detail", one.missing.detail}});
  return {{"code", code.number},
          {"domain", code.domain.empty() ? Json(nullptr) : Json(code.domain)},
          {"answers", std::move(given)},
          {"failed", std::move(failed)}};
}

void report_unknown(const Code &code, const std::vector<Explained> &explained) {
  if (code.number == 0) return print_problem("0 is not an error: it means success");
  std::vector<std::string> checked = {kLibhal};
  for (const Explained &one : explained) checked.push_back(one.backend);
  print_problem("unknown code " + std::to_string(code.number) +
                    (code.domain.empty() ? "" : " of domain '" + code.domain + "'") +
                    " (checked: " + join(checked, ", ") + ")",
                "run 'halprobe list' to see whether the backend that returned the code is installed; component and "
                "native_domain of hal_last_error name it");
}

// The files that can be loaded, one for each backend.
std::vector<const Row *> loadable(const std::vector<Row> &rows) {
  std::vector<const Row *> list;
  for (const Row &row : rows)
    if (row.status == "unprobed") list.push_back(&row);
  std::stable_sort(list.begin(), list.end(), [](const Row *a, const Row *b) { return a->name < b->name; });
  return list;
}

// Backends are probed only for the JSON envelope.
SurveyRequest envelope_request(const Options &options) {
  SurveyRequest request;
  request.selection = options.json;
  request.probe = options.json;
  return request;
}

}  // namespace

int explain_error(const Options &options) {
  const Code code = parse_code(options.names.front());
  const std::vector<Row> rows = scan_rows();
  const std::vector<Explained> explained = explain_by_rows(loadable(rows), code.domain, code.number, options);
  std::vector<Known> answers;
  for (const Explained &one : explained) {
    if (one.answer) add(answers, *one.answer, one.backend);
    if (!one.missing.reason.empty())
      print_problem(one.backend + " did not answer: " + one.missing.detail, one.missing.hint);
  }
  if (const auto own = explain_by_libhal(code.domain, code.number)) add(answers, *own, kLibhal);
  if (answers.empty()) report_unknown(code, explained);

  const Report report = survey(options, envelope_request(options));
  const int exit_code = exit_status(report, options, !answers.empty());
  print(options, answers_text(code, answers), report, explain_error_part(code, answers, explained), exit_code);
  return exit_code;
}

}  // namespace halprobe
