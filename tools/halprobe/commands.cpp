// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "output.hpp"
#include "survey.hpp"

namespace halprobe {
namespace {

// Warnings of libhal, and all its messages with --verbose. Broken plugins are rows of the table, so messages of plugins
// are not shown.
void show_log(void *user, hal_log_level_t level, const char *component, const char *message) {
  const bool verbose = *static_cast<const bool *>(user);
  if (std::string_view(component) == "core" && (level == HAL_LOG_WARN || verbose)) print_problem(message);
}

void prepend_plugin_path(const std::vector<std::string> &directories) {
  if (directories.empty()) return;
  std::string path = join(directories, ":");
  if (const char *given = std::getenv("HAL_PLUGIN_PATH"); given != nullptr && *given != '\0')
    path += std::string(":") + given;
  ::setenv("HAL_PLUGIN_PATH", path.c_str(), 1);
  if (std::getenv("HAL_PLUGIN_FILES") != nullptr)
    print_problem("--plugin-path has no effect because HAL_PLUGIN_FILES is set");
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
    throw UsageError("'" + text.substr(colon + 1) + "' is not a device ordinal: halprobe probe NAME[:N]");
  target.ordinal = ordinal;
  return target;
}

// The row that decides for a name: a usable one, otherwise the first that is not shadowed.
const Row *row_of(const Report &report, const std::string &name) {
  const Row *found = nullptr;
  for (const Row &row : report.rows) {
    if (row.name != name) continue;
    if (row.status == "usable") return &row;
    if (found == nullptr || found->status == "shadowed") found = &row;
  }
  return found;
}

bool report_bad_variables(const Report &report) {
  bool bad = false;
  for (const Variable &variable : report.variables) {
    if (variable.problem.empty()) continue;
    bad = true;
    print_problem(variable.problem);
  }
  return bad;
}

int list(const Options &options) {
  const Report report = survey(options, {{}, {options.verbose, std::nullopt}, true, options.json});
  const int exit_code = exit_status(report, options, true);
  if (report.rows.empty())
    print_problem("no plugin was found", "run 'halprobe explain' to see which directories are searched");
  if (!report.device_error.empty()) print_problem(report.device_error);
  print(options, list_text(report, options), report, nullptr, exit_code);
  return exit_code;
}

int check_or_explain(const Options &options, bool explain) {
  const bool bare = options.names.empty();
  const bool selection_alone = bare && !explain && !options.strict && !options.json;
  const bool selection = bare || explain || options.json;
  const SurveyRequest request = {options.names, {options.verbose, std::nullopt}, !selection_alone, selection};
  Report report = survey(options, request);
  keep_named(report, options.names);
  bool usable = true;
  for (const std::string &name : options.names) usable = check_name(report, name) && usable;
  if (bare && !explain && report.selected->name.empty()) {
    usable = false;
    print_problem(report.selected->message, report.selected->hint);
  }
  const int exit_code = exit_status(report, options, usable);
  print(options, explain ? explain_text(report, options) : std::string(), report, nullptr, exit_code);
  return exit_code;
}

int probe(const Options &options) {
  const Target target = parse_target(options.names.front());
  Report report = survey(options, {{target.name}, {true, target.ordinal}, true, options.json});
  keep_named(report, {target.name});
  bool usable = check_name(report, target.name);
  if (usable && !report.device_error.empty()) {
    print_problem(report.device_error, "run 'halprobe probe " + target.name + "' to see every device");
    usable = false;
  }
  const int exit_code = exit_status(report, options, usable);
  const Row *row = usable ? row_of(report, target.name) : nullptr;
  print(options, row != nullptr ? probe_text(*row, options) : std::string(), report,
        row != nullptr ? devices_part(*row) : Json(nullptr), exit_code);
  return exit_code;
}

int env(const Options &options) {
  const Report report = survey(options, {{}, {}, true, options.json});
  const int exit_code = exit_status(report, options, true);
  print(options, variables_text(report, options), report, variables_part(report), exit_code);
  return exit_code;
}

// hal_init failed. If a variable has an invalid value, the variables can still be shown.
int without_libhal(const Options &options, const LibraryError &error) {
  const int exit_code = error.status() == HAL_ERR_INVALID_ARGUMENT ? kExitBadVariable : kExitInternal;
  print_problem(error.what(), error.hint());
  Report report;
  report.variables = read_variables();
  const bool is_env = options.command == "env";
  if (is_env || options.json)
    print(options, variables_text(report, options), report, is_env ? variables_part(report) : Json(nullptr), exit_code);
  return exit_code;
}

}  // namespace

void print_problem(const std::string &message, const std::string &hint) {
  std::cerr << "halprobe: " << printable(message) << '\n';
  if (!hint.empty()) std::cerr << "halprobe: hint: " << printable(hint) << '\n';
}

bool check_name(const Report &report, const std::string &name) {
  const Row *row = row_of(report, name);
  if (row == nullptr)
    print_problem("unknown backend '" + name + "'" + suggest_backend(name),
                  "run 'halprobe list' to see the available backends");
  else if (row->status != "usable")
    print_problem(row->name + " is not usable (" + row->reason + "): " + row->detail, row->hint);
  return row != nullptr && row->status == "usable";
}

int exit_status(const Report &report, const Options &options, bool all_usable) {
  if (report_bad_variables(report)) return kExitBadVariable;
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
