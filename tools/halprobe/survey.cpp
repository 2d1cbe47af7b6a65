// SPDX-License-Identifier: Apache-2.0
#include "survey.hpp"

#include <string.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "ask.hpp"
#include "isolation.hpp"

namespace halprobe {
namespace {

constexpr const char *kAllDevices = "all";
constexpr const char *kCountDevices = "count";

std::string request_text(const DeviceRequest &request) {
  if (request.only) return std::to_string(*request.only);
  return request.open ? kAllDevices : kCountDevices;
}

DeviceRequest request_from(const std::string &text) {
  DeviceRequest request;
  request.open = text != kCountDevices;
  std::uint32_t ordinal = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ordinal);
  if (error == std::errc() && end == text.data() + text.size()) request.only = ordinal;
  return request;
}

Task row_task(const Row &row, const DeviceRequest &request) {
  return file_task(row.path, {"row", row.path, request_text(request)});
}

Task selection_task() { return {{"selection"}, {"HAL_LOG_LEVEL=off"}}; }

std::string signal_name(int number) {
  const char *name = ::sigabbrev_np(number);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(number);
}

Answer broken_answer(const Ending &ending, std::chrono::milliseconds timeout) {
  EndingText ended = describe_ending(ending, timeout);
  const bool slow = ending.kind == Ending::Kind::kTimeout;
  Answer answer;
  answer.status = "broken";
  answer.reason = ended.reason;
  answer.detail = std::move(ended.detail);
  answer.hint = slow ? "raise --timeout; if that does not help, remove the file and report it to the plugin's author"
                     : "remove the file and report it to the plugin's author; to debug it, use --no-isolate";
  return answer;
}

Answer read_row_answer(Ending ending, std::chrono::milliseconds timeout) {
  if (ending.kind == Ending::Kind::kAnswered) try {
      return answer_from_json(Json::parse(ending.answer));
    } catch (const Json::exception &) {
      ending.kind = Ending::Kind::kExited;  // the plugin wrote to the descriptor
    }
  return broken_answer(ending, timeout);
}

Selected read_selection(Ending ending, std::chrono::milliseconds timeout) {
  if (ending.kind == Ending::Kind::kAnswered) try {
      return selected_from_json(Json::parse(ending.answer));
    } catch (const Json::exception &) {
      ending.kind = Ending::Kind::kExited;
    }
  Selected selected;
  selected.status = "UNAVAILABLE";
  selected.message = "selecting a backend would end the program: " + describe_ending(ending, timeout).detail;
  selected.hint = "run 'halprobe list' to find the plugin that fails";
  return selected;
}

void apply(Report &report, Row &row, Answer answer) {
  row.status = answer.status;
  row.reason = answer.reason;
  // Keeps the detail of the inspection: it may explain why the plugin failed.
  row.detail = answer.detail.empty() || row.detail.empty() || answer.detail.find(row.detail) != std::string::npos
                   ? answer.detail
                   : answer.detail + "; " + row.detail;
  row.hint = answer.hint;
  row.probe_ms = answer.probe_ms;
  row.devices = std::move(answer.devices);
  if (!answer.device_error.empty()) report.device_error = row.name + ": " + answer.device_error;
  for (Variable &variable : answer.variables) {
    const auto known = std::find_if(report.variables.begin(), report.variables.end(),
                                    [&](const Variable &other) { return other.name == variable.name; });
    if (known == report.variables.end())
      report.variables.push_back(std::move(variable));
    else if (known->owner.find(variable.owner) == std::string::npos)
      known->owner += ", " + variable.owner;
  }
}

void probe_here(Report &report, const std::vector<Row *> &rows, const SurveyRequest &request) {
  const QuietOutput quiet;
  for (Row *row : rows) apply(report, *row, probe_file(row->path, request.devices));
  if (request.selection) report.selected = ask_selection();
}

void probe_isolated(Report &report, const std::vector<Row *> &rows, const Options &options,
                    const SurveyRequest &request) {
  std::vector<Task> tasks;
  for (const Row *row : rows) tasks.push_back(row_task(*row, request.devices));
  if (request.selection) tasks.push_back(selection_task());
  std::vector<Ending> endings = run_tasks(tasks, options.timeout);
  for (std::size_t i = 0; i < rows.size(); ++i)
    apply(report, *rows[i], read_row_answer(std::move(endings[i]), options.timeout));
  if (request.selection) report.selected = read_selection(std::move(endings.back()), options.timeout);
}

void name_option_origin(Report &report, const Options &options) {
  const auto given = [&](const std::string &directory) {
    return std::find(options.plugin_path.begin(), options.plugin_path.end(), directory) != options.plugin_path.end();
  };
  for (Place &place : report.places)
    if (place.origin == "HAL_PLUGIN_PATH" && given(place.path)) place.origin = "option";
  for (Row &row : report.rows)
    if (row.origin == "HAL_PLUGIN_PATH" && given(std::filesystem::path(row.path).parent_path())) row.origin = "option";
}

void run_task(const std::vector<std::string> &arguments) {
  const Library library;
  answer_question(arguments);
  if (arguments.size() == 3 && arguments[0] == "row")
    send_and_exit(to_json(probe_file(arguments[1], request_from(arguments[2])))
                      .dump(-1, ' ', false, Json::error_handler_t::replace));
  send_and_exit(to_json(ask_selection()).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::vector<Ending> run_tasks(const std::vector<Task> &tasks, std::chrono::milliseconds timeout) {
  std::vector<Ending> endings;
  pause_library([&] { endings = run_isolated(tasks, timeout, run_task); });
  return endings;
}

Task file_task(const std::string &path, std::vector<std::string> arguments) {
  Task task = {std::move(arguments), {"HAL_LOG_LEVEL=off"}};
  if (path.find(':') == std::string::npos) task.variables.push_back("HAL_PLUGIN_FILES=" + path);
  return task;
}

EndingText describe_ending(const Ending &ending, std::chrono::milliseconds timeout) {
  switch (ending.kind) {
    case Ending::Kind::kCrashed:
      return {"crashed", "its process was killed by " + signal_name(ending.number)};
    case Ending::Kind::kTimeout:
      return {"timeout", "it gave no answer within " + std::to_string(timeout.count()) + " ms"};
    default:
      return {"exited",
              "its process ended with exit status " + std::to_string(ending.number) + " and without an answer"};
  }
}

Report survey(const Options &options, const SurveyRequest &request) {
  Report report;
  report.rows = scan_rows();
  report.places = scanned_places();
  report.variables = read_variables();
  std::vector<Row *> rows;
  for (Row &row : report.rows) {
    const bool named =
        request.names.empty() || std::find(request.names.begin(), request.names.end(), row.name) != request.names.end();
    if (row.status == "unprobed" && request.probe && named) rows.push_back(&row);
  }
  if (options.isolate)
    probe_isolated(report, rows, options, request);
  else
    probe_here(report, rows, request);
  std::erase_if(report.rows, [](const Row &row) { return row.status == "unprobed"; });
  std::stable_sort(report.rows.begin(), report.rows.end(), [](const Row &a, const Row &b) { return a.name < b.name; });
  name_option_origin(report, options);
  return report;
}

}  // namespace halprobe
