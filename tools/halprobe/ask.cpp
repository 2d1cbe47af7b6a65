// SPDX-License-Identifier: Apache-2.0
#include "ask.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <sstream>

#include "isolation.hpp"
#include "library.hpp"
#include "survey.hpp"

namespace halprobe {
namespace {

constexpr const char *kDiagnose = "diagnose";
constexpr const char *kExplain = "explain";
constexpr const char *kUnsupported = "unsupported";
constexpr const char *kFailed = "failed";
constexpr const char *kVerdicts[] = {"info", "ok", "warning", "problem"};

// Receives each line of an answer as soon as it exists: a plugin that crashes later does not lose it.
using Sink = std::function<void(const Json &)>;

Json last_line(const NoAnswer &missing) {
  return {{"end", true}, {"reason", missing.reason}, {"detail", missing.detail}, {"hint", missing.hint}};
}

NoAnswer why_not() {
  const LibraryError error;
  return {error.status() == HAL_ERR_UNSUPPORTED ? kUnsupported : kFailed, error.what(), error.hint()};
}

void diagnose_here(const std::string &path, const Sink &sink) {
  const auto take = [](void *user, const hal_finding_t *finding) {
    (*static_cast<const Sink *>(user))({{"section", finding->section},
                                        {"name", finding->name},
                                        {"verdict", kVerdicts[finding->verdict]},
                                        {"value", finding->value},
                                        {"hint", finding->hint}});
  };
  const hal_status_t status = hal_candidate_diagnose(index_of_file(path), take, const_cast<Sink *>(&sink));
  sink(last_line(status == HAL_OK ? NoAnswer() : why_not()));
}

Json to_json(const hal_native_error_t &error) {
  return {{"domain", error.domain},
          {"status", hal_status_string(error.status)},
          {"cause", error.cause},
          {"hint", error.hint}};
}

void explain_here(const std::string &path, const std::string &domain, std::int64_t code, const Sink &sink) {
  hal_native_error_t error = {};
  error.struct_size = sizeof(error);
  const hal_status_t status = hal_candidate_explain_native(index_of_file(path), domain.c_str(), code, &error);
  if (status == HAL_OK) sink(to_json(error));
  const bool is_answer = status == HAL_OK || status == HAL_ERR_NOT_FOUND || status == HAL_ERR_UNSUPPORTED;
  sink(last_line(is_answer ? NoAnswer() : why_not()));
}

struct Lines {
  std::vector<Json> all;
  NoAnswer missing;
};

bool has_texts(const Json &line, std::initializer_list<const char *> keys) {
  return std::all_of(keys.begin(), keys.end(),
                     [&](const char *key) { return line.contains(key) && line.at(key).is_string(); });
}

// Whether the line is a finding, an explanation or a last line. A plugin can write to the descriptor, too.
bool is_answer_line(const Json &line) {
  return has_texts(line, {"section", "name", "verdict", "value", "hint"}) ||
         has_texts(line, {"domain", "status", "cause", "hint"}) ||
         (line.contains("end") && has_texts(line, {"reason", "detail", "hint"}));
}

void take_line(Lines &lines, bool &ended, const Json &line) {
  if (!line.contains("end")) {
    lines.all.push_back(line);
    return;
  }
  ended = true;
  lines.missing = {line.at("reason"), line.at("detail"), line.at("hint")};
}

// The complete lines that the process wrote. Without a last line, the reason is how the process ended.
Lines read_lines(Ending ending, std::chrono::milliseconds timeout) {
  Lines lines;
  bool ended = false;
  std::istringstream in(ending.answer);
  for (std::string text; !ended && std::getline(in, text);) try {
      if (const Json line = Json::parse(text); is_answer_line(line)) take_line(lines, ended, line);
    } catch (const Json::exception &) {
      continue;  // incomplete, or written by the plugin
    }
  if (ended) return lines;
  if (ending.kind == Ending::Kind::kAnswered) ending.kind = Ending::Kind::kExited;
  EndingText ended_text = describe_ending(ending, timeout);
  lines.missing = {ended_text.reason, std::move(ended_text.detail),
                   "report it to the plugin's author; to debug it, use --no-isolate"};
  return lines;
}

// words: the question without its second word, which is the file.
void ask_here(const std::vector<std::string> &words, const std::string &path, const Sink &sink) {
  if (words.at(0) == kDiagnose) return diagnose_here(path, sink);
  std::int64_t code = 0;
  std::from_chars(words.at(2).data(), words.at(2).data() + words.at(2).size(), code);
  explain_here(path, words.at(1), code, sink);
}

std::vector<Lines> ask_in_this_process(const std::vector<const Row *> &rows, const std::vector<std::string> &words) {
  const QuietOutput quiet;
  std::vector<Lines> answers;
  for (const Row *row : rows) {
    Lines lines;
    bool ended = false;
    ask_here(words, row->path, [&](const Json &line) { take_line(lines, ended, line); });
    answers.push_back(std::move(lines));
  }
  return answers;
}

std::vector<Lines> ask_rows(const std::vector<const Row *> &rows, const std::vector<std::string> &words,
                            const Options &options) {
  if (!options.isolate) return ask_in_this_process(rows, words);
  std::vector<Task> tasks;
  for (const Row *row : rows) {
    std::vector<std::string> question = words;
    question.insert(question.begin() + 1, row->path);
    tasks.push_back(file_task(row->path, std::move(question)));
  }
  std::vector<Lines> answers;
  for (Ending &ending : run_tasks(tasks, options.timeout))
    answers.push_back(read_lines(std::move(ending), options.timeout));
  return answers;
}

Explanation explanation_from(const Json &json) {
  return {json.at("domain"), json.at("status"), json.at("cause"), json.at("hint")};
}

}  // namespace

std::vector<Diagnosis> diagnose_rows(const std::vector<const Row *> &rows, const Options &options) {
  std::vector<Diagnosis> diagnoses;
  std::vector<Lines> answers = ask_rows(rows, {kDiagnose}, options);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Diagnosis diagnosis = {rows[i]->name, rows[i]->path, {}, std::move(answers[i].missing)};
    for (const Json &line : answers[i].all)
      diagnosis.findings.push_back(
          {line.at("section"), line.at("name"), line.at("verdict"), line.at("value"), line.at("hint")});
    diagnoses.push_back(std::move(diagnosis));
  }
  return diagnoses;
}

std::vector<Explained> explain_by_rows(const std::vector<const Row *> &rows, const std::string &domain,
                                       std::int64_t code, const Options &options) {
  std::vector<Explained> explained;
  std::vector<Lines> answers = ask_rows(rows, {kExplain, domain, std::to_string(code)}, options);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Explained answer = {rows[i]->name, std::nullopt, std::move(answers[i].missing)};
    if (!answers[i].all.empty()) answer.answer = explanation_from(answers[i].all.front());
    explained.push_back(std::move(answer));
  }
  return explained;
}

std::optional<Explanation> explain_by_libhal(const std::string &domain, std::int64_t code) {
  hal_native_error_t error = {};
  error.struct_size = sizeof(error);
  const hal_status_t status = hal_backend_explain_native(nullptr, domain.c_str(), code, &error);
  if (status == HAL_ERR_NOT_FOUND) return std::nullopt;
  if (status != HAL_OK) throw LibraryError();
  return explanation_from(to_json(error));
}

void answer_question(const std::vector<std::string> &arguments) {
  const bool is_question =
      (arguments.size() == 2 && arguments[0] == kDiagnose) || (arguments.size() == 4 && arguments[0] == kExplain);
  if (!is_question) return;
  std::vector<std::string> words = arguments;
  words.erase(words.begin() + 1);
  ask_here(words, arguments[1],
           [](const Json &line) { send_part(line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'); });
  send_and_exit({});
}

}  // namespace halprobe
