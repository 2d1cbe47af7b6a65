// SPDX-License-Identifier: Apache-2.0
#include "explain_error.hpp"

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

struct Code {
  std::string domain;  // "" = any
  std::int64_t number = 0;
};

// Decimal, or hexadecimal with 0x, either with a minus sign.
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

Code parse_code(const std::string &text) {
  const std::size_t colon = text.find(':');
  Code code;
  if (colon != std::string::npos) code.domain = text.substr(0, colon);
  if (colon != std::string::npos && !is_domain(code.domain))
    throw UsageError("'" + printable(code.domain) + "' is no domain: halprobe explain-error [DOMAIN:]CODE");
  const std::string digits = colon == std::string::npos ? text : text.substr(colon + 1);
  const auto number = parse_number(digits);
  if (!number)
    throw UsageError("'" + printable(digits) +
                     "' is no code: a decimal number, or a hexadecimal one with 0x, of at most 64 bits");
  code.number = *number;
  return code;
}

// One explanation, and all who gave it.
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

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string answers_text(const Code &code, const std::vector<Known> &answers) {
  std::string text;
  for (const Known &answer : answers) {
    const Explanation &explanation = answer.explanation;
    text += std::to_string(code.number) + " of domain " + printable(explanation.domain) + ": " + explanation.status;
    text += "\n  cause: " + printable(explanation.cause) + "\n  next:  " + printable(explanation.hint);
    text += "\n  from:  " + printable(joined(answer.backends)) + '\n';
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

void complain_of_unknown(const Code &code, const std::vector<Explained> &explained) {
  if (code.number == 0) return complain("0 is no error: it means success");
  std::string asked = kLibhal;
  for (const Explained &one : explained) asked += ", " + one.backend;
  complain("nobody here knows code " + std::to_string(code.number) +
               (code.domain.empty() ? "" : " of domain '" + code.domain + "'"),
           "asked were " + asked +
               "; component and native_domain of hal_last_error name the backend that gave a code, and 'halprobe "
               "list' shows whether it is here");
}

// Files that could be loaded; of a backend, the one that counts.
std::vector<const Row *> loadable(const std::vector<Row> &rows) {
  std::vector<const Row *> list;
  for (const Row &row : rows)
    if (row.status == "unprobed") list.push_back(&row);
  std::stable_sort(list.begin(), list.end(), [](const Row *a, const Row *b) { return a->name < b->name; });
  return list;
}

// Backends are probed only where the envelope has to say how they are.
SurveyWish envelope_wish(const Options &options) {
  SurveyWish wish;
  wish.selection = options.json;
  if (!options.json) wish.names = {""};
  return wish;
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
      complain(one.backend + " could not be asked: " + one.missing.detail, one.missing.hint);
  }
  if (const auto own = explain_by_libhal(code.domain, code.number)) add(answers, *own, kLibhal);
  if (answers.empty()) complain_of_unknown(code, explained);

  const Report report = survey(options, envelope_wish(options));
  const int exit_code = judge(report, options, !answers.empty());
  print(options, answers_text(code, answers), report, explain_error_part(code, answers, explained), exit_code);
  return exit_code;
}

}  // namespace halprobe
