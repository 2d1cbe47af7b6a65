// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "doctor.hpp"
#include "explain_error.hpp"
#include "output.hpp"
#include "survey.hpp"

namespace halprobe {
namespace {

// Broken plugins are rows, and what plugins say is not this program's.
void show_log(void *user, hal_log_level_t level, const char *component, const char *message) {
  const bool verbose = *static_cast<const bool *>(user);
  if (std::string_view(component) == "core" && (level == HAL_LOG_WARN || verbose)) complain(message);
}

void prepend_plugin_path(const std::vector<std::string> &directories) {
  if (directories.empty()) return;
  std::string path;
  for (const std::string &directory : directories) path += (path.empty() ? "" : ":") + directory;
  if (const char *given = std::getenv("HAL_PLUGIN_PATH"); given != nullptr && *given != '\0')
    path += std::string(":") + given;
  ::setenv("HAL_PLUGIN_PATH", path.c_str(), 1);
  if (std::getenv("HAL_PLUGIN_FILES") != nullptr)
    complain("--plugin-path has no effect, since HAL_PLUGIN_FILES names the only files to consider");
}

struct Target {
  std::string name;
  std::optional<std::uint32_t> ordinal;
};

Target parse_target(const std::string &text) {
  const std::size_t colon = text.find(':');
  Target target = {text.substr(0, colon), std::nullopt};
  if (colon == std::string::npos) return target;
  std::uint32_t ordinal = 0;
  const char *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, ordinal);
  if (error != std::errc() || stop != end)
    throw UsageError("'" + text.substr(colon + 1) + "' is no device ordinal: halprobe probe NAME[:N]");
  target.ordinal = ordinal;
  return target;
}

// The row that decides about a name: a usable one, else the first that is not shadowed.
const Row *row_of(const Report &report, const std::string &name) {
  const Row *found = nullptr;
  for (const Row &row : report.rows) {
    if (row.name != name) continue;
    if (row.status == "usable") return &row;
    if (found == nullptr || found->status == "shadowed") found = &row;
  }
  return found;
}

std::string suggest_backend(const std::string &name) {
  std::vector<std::string> known;
  for (const Row &row : scan_rows()) known.push_back(row.name);
  return did_you_mean(name, known);
}

bool complain_of_variables(const Report &report) {
  bool bad = false;
  for (const Variable &variable : report.variables) {
    if (variable.problem.empty()) continue;
    bad = true;
    complain(variable.problem);
  }
  return bad;
}

int list(const Options &options) {
  const Report report = survey(options, {{}, {options.verbose, std::nullopt}, options.json});
  const int exit_code = judge(report, options, true);
  if (report.rows.empty()) complain("no plugin was found", "'halprobe explain' shows where plugins are looked for");
  if (!report.device_error.empty()) complain(report.device_error);
  print(options, list_text(report, options), report, nullptr, exit_code);
  return exit_code;
}

int check_or_explain(const Options &options, bool explain) {
  const bool bare = options.names.empty();
  SurveyWish wish = {options.names, {options.verbose, std::nullopt}, bare || explain || options.json};
  const bool selection_alone = bare && !explain && !options.strict && !options.json;
  if (selection_alone) wish.names = {""};
  Report report = survey(options, wish);
  keep_named(report, options.names);
  bool usable = true;
  for (const std::string &name : options.names) usable = check_name(report, name) && usable;
  if (bare && !explain && report.selected->name.empty()) {
    usable = false;
    complain(report.selected->message, report.selected->hint);
  }
  const int exit_code = judge(report, options, usable);
  print(options, explain ? explain_text(report, options) : std::string(), report, nullptr, exit_code);
  return exit_code;
}

int probe(const Options &options) {
  const Target target = parse_target(options.names.front());
  Report report = survey(options, {{target.name}, {true, target.ordinal}, options.json});
  keep_named(report, {target.name});
  bool usable = check_name(report, target.name);
  if (usable && !report.device_error.empty()) {
    complain(report.device_error, "'halprobe probe " + target.name + "' shows every device");
    usable = false;
  }
  const int exit_code = judge(report, options, usable);
  const Row *row = usable ? row_of(report, target.name) : nullptr;
  print(options, row != nullptr ? probe_text(*row, options) : std::string(), report,
        row != nullptr ? devices_part(*row) : Json(nullptr), exit_code);
  return exit_code;
}

int env(const Options &options) {
  const Report report = survey(options, {{}, {}, options.json});
  const int exit_code = judge(report, options, true);
  print(options, variables_text(report, options), report, variables_part(report), exit_code);
  return exit_code;
}

// libhal does not start with a bad variable; which one it is can still be shown.
int without_libhal(const Options &options, const LibraryError &error) {
  const int exit_code = error.status() == HAL_ERR_INVALID_ARGUMENT ? kExitBadVariable : kExitInternal;
  complain(error.what(), error.hint());
  Report report;
  report.variables = read_variables();
  const bool is_env = options.command == "env";
  if (is_env || options.json)
    print(options, variables_text(report, options), report, is_env ? variables_part(report) : Json(nullptr), exit_code);
  return exit_code;
}

}  // namespace

void complain(const std::string &message, const std::string &hint) {
  std::cerr << "halprobe: " << printable(message) << '\n';
  if (!hint.empty()) std::cerr << "halprobe: hint: " << printable(hint) << '\n';
}

bool check_name(const Report &report, const std::string &name) {
  const Row *row = row_of(report, name);
  if (row == nullptr)
    complain("unknown backend '" + name + "'" + suggest_backend(name), "'halprobe list' shows what is there");
  else if (row->status != "usable")
    complain(row->name + " is not usable (" + row->reason + "): " + row->detail, row->hint);
  return row != nullptr && row->status == "usable";
}

int judge(const Report &report, const Options &options, bool all_usable) {
  if (complain_of_variables(report)) return kExitBadVariable;
  if (!all_usable) return kExitNotUsable;
  const bool broken =
      std::any_of(report.rows.begin(), report.rows.end(), [](const Row &row) { return row.status == "broken"; });
  return options.strict && broken ? kExitBroken : kExitOk;
}

void print(const Options &options, const std::string &text, const Report &report, Json own_part, int exit_code) {
  if (options.json)
    std::cout << envelope(report, std::move(own_part), exit_code).dump(2, ' ', false, Json::error_handler_t::replace)
              << '\n';
  else
    std::cout << text;
  std::cout.flush();
}

void keep_named(Report &report, const std::vector<std::string> &names) {
  if (names.empty()) return;
  std::erase_if(report.rows,
                [&](const Row &row) { return std::find(names.begin(), names.end(), row.name) == names.end(); });
}

int run_command(const Options &options) {
  static const bool verbose = options.verbose;
  hal_log_set_callback(&show_log, const_cast<bool *>(&verbose));
  prepend_plugin_path(options.plugin_path);
  std::optional<Library> library;
  try {
    library.emplace();
  } catch (const LibraryError &error) {
    return without_libhal(options, error);
  }
  if (options.command == "check") return check_or_explain(options, false);
  if (options.command == "explain") return check_or_explain(options, true);
  if (options.command == "probe") return probe(options);
  if (options.command == "env") return env(options);
  if (options.command == "doctor") return doctor(options);
  if (options.command == "explain-error") return explain_error(options);
  return list(options);
}

}  // namespace halprobe
