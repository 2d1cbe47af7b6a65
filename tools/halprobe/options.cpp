// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <climits>
#include <filesystem>
#include <sstream>
#include <string_view>

#include "report.hpp"
#include "support/spelling.hpp"

namespace halprobe {
namespace {

namespace po = boost::program_options;

constexpr std::int64_t kMaxTimeoutMs = 3'600'000;

// --help prints these lists, and shell completion reads --help.
struct Command {
  const char *name;
  const char *arguments;
  const char *help;
};

constexpr Command kCommands[] = {
    {"list", "", "print a table of all backends (the default)"},
    {"check", " [NAME...]", "exit with 0 if the backends are usable; print nothing on success"},
    {"explain", " [NAME...]", "print the search path, every file, the reasons and next steps"},
    {"probe", " NAME[:N]", "print devices, their properties, and which engine reaches which memory"},
    {"doctor", " [NAME...]", "print facts about the machine, and what each backend lacks"},
    {"env", "", "print every HAL_* variable: value, origin, default, effect"},
    {"explain-error", " [DOMAIN:]CODE", "print the meaning of an error code or name, and the next step"},
};

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command &command : kCommands) names.emplace_back(command.name);
  return names;
}

po::options_description visible_options() {
  po::options_description options("Options");
  auto add = options.add_options();
  add("help,h", "print this help");
  add("version,V", "print the version");
  add("json,j", "print JSON (schema: halprobe.schema.json)");
  add("plugin-path", po::value<std::string>()->value_name("DIRS"), "search these directories first (a:b)");
  add("timeout", po::value<std::string>()->value_name("MS")->default_value("5000"), "time limit for each plugin");
  add("strict", "exit with 4 if a plugin is broken");
  add("no-isolate", "probe in this process, for a debugger");
  add("no-header", "print no header line");
  add("columns", po::value<std::string>()->value_name("LIST"), "columns of list, separated by commas");
  add("color", po::value<std::string>()->value_name("WHEN")->default_value("auto"), "auto, always or never");
  add("verbose,v", "open devices; print log messages and paths");
  return options;
}

std::vector<std::string> option_names() {
  const po::options_description visible = visible_options();
  std::vector<std::string> names;
  for (const auto &option : visible.options()) names.push_back("--" + option->long_name());
  return names;
}

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

std::chrono::milliseconds parse_timeout(const std::string &text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms < 1 || ms > kMaxTimeoutMs)
    throw UsageError("--timeout is '" + text + "'; allowed are 1 to 3600000 milliseconds");
  return std::chrono::milliseconds(ms);
}

Color parse_color(const std::string &text) {
  if (text == "auto") return Color::kAuto;
  if (text == "always") return Color::kAlways;
  if (text == "never") return Color::kNever;
  throw UsageError("--color is '" + text + "'; allowed are auto, always and never");
}

std::vector<std::string> parse_columns(const std::string &text) {
  std::vector<std::string> columns = split(text, ',');
  if (columns.empty()) throw UsageError("--columns is empty; name at least one column");
  for (const std::string &column : columns)
    if (std::find(column_names().begin(), column_names().end(), column) == column_names().end())
      throw UsageError("unknown column '" + column + "'" + did_you_mean(column, column_names()));
  return columns;
}

std::vector<std::string> parse_directories(const std::string &text) {
  std::vector<std::string> directories;
  for (const std::string &directory : split(text, ':'))
    directories.push_back(std::filesystem::absolute(directory).lexically_normal().string());
  return directories;
}

void take_words(Options &options, const std::vector<std::string> &words) {
  if (words.empty()) return;
  options.command = words.front();
  options.names.assign(words.begin() + 1, words.end());
  const std::vector<std::string> known = command_names();
  if (std::find(known.begin(), known.end(), options.command) == known.end())
    throw UsageError("unknown command '" + options.command + "'" + did_you_mean(options.command, known));
  const bool takes_none = options.command == "list" || options.command == "env";
  if (takes_none && !options.names.empty())
    throw UsageError("'" + options.command + "' takes no argument, but '" + options.names.front() + "' was given");
  if (options.command == "probe" && options.names.size() != 1)
    throw UsageError("'probe' takes one backend: halprobe probe NAME[:N]");
  if (options.command == "explain-error" && options.names.size() != 1)
    throw UsageError("'explain-error' takes one code: halprobe explain-error [DOMAIN:]CODE");
}

// "-8" is a code and not an option.
std::vector<po::option> take_negative_number(std::vector<std::string> &arguments) {
  std::vector<po::option> taken;
  const std::string &next = arguments.front();
  if (next.size() < 2 || next[0] != '-' || next[1] < '0' || next[1] > '9') return taken;
  po::option word;
  word.value = {next};
  word.original_tokens = {next};
  word.position_key = INT_MAX;  // the library's mark for positional words
  taken.push_back(std::move(word));
  arguments.erase(arguments.begin());
  return taken;
}

Options take_values(const po::variables_map &values) {
  Options options;
  options.help = values.count("help") != 0;
  options.version = values.count("version") != 0;
  options.json = values.count("json") != 0;
  options.strict = values.count("strict") != 0;
  options.isolate = values.count("no-isolate") == 0;
  options.header = values.count("no-header") == 0;
  options.verbose = values.count("verbose") != 0;
  options.timeout = parse_timeout(values["timeout"].as<std::string>());
  options.color = parse_color(values["color"].as<std::string>());
  if (values.count("columns") != 0) options.columns = parse_columns(values["columns"].as<std::string>());
  if (values.count("plugin-path") != 0)
    options.plugin_path = parse_directories(values["plugin-path"].as<std::string>());
  if (values.count("words") != 0) take_words(options, values["words"].as<std::vector<std::string>>());
  return options;
}

}  // namespace

std::string did_you_mean(const std::string &given, const std::vector<std::string> &known) {
  const std::string meant = hal::core::nearest_spelling(given, known, hal::core::slips_in(given));
  return meant.empty() ? std::string() : ", did you mean '" + meant + "'?";
}

const std::vector<std::string> &column_names() {
  static const std::vector<std::string> names = {"name", "status", "arch",   "kind",   "devices", "version",
                                                 "abi",  "origin", "reason", "detail", "path",    "probe_ms"};
  return names;
}

Options parse_options(int argc, char **argv) {
  po::options_description all = visible_options();
  all.add_options()("words", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("words", -1);
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv)
                  .options(all)
                  .positional(positions)
                  .style(style)
                  .extra_style_parser(take_negative_number)
                  .run(),
              values);
  } catch (const po::unknown_option &error) {
    const std::string given = error.get_option_name();
    throw UsageError("unknown option '" + given + "'" + did_you_mean(given, option_names()));
  } catch (const po::error &error) {
    throw UsageError(error.what());
  }
  return take_values(values);
}

std::string help_text() {
  constexpr std::size_t kHelpColumn = 20;
  std::ostringstream text;
  text << "Usage: halprobe [OPTION...] [COMMAND] [NAME...]\n"
          "Shows the backends of libhal on this machine, whether each one works, and if not, why.\n\n"
          "Commands:\n";
  for (const Command &command : kCommands) {
    const std::string usage = std::string("  ") + command.name + command.arguments;
    const bool fits = usage.size() < kHelpColumn;
    text << usage << (fits ? "" : "\n") << std::string(kHelpColumn - (fits ? usage.size() : 0), ' ') << command.help
         << '\n';
  }
  text << '\n'
       << visible_options() << "\nColumns:\n  " << join(column_names(), " ") << '\n'
       << "\nExit status:\n"
          "  0  success\n"
          "  1  internal error, or standard output cannot be written\n"
          "  2  usage error\n"
          "  3  a named backend is not usable; check without a name: nothing is selected;\n"
          "     doctor: a named backend has a problem; explain-error: the code is unknown\n"
          "  4  --strict was given, and a plugin is broken\n"
          "  5  a HAL_* variable has an invalid value\n";
  return text.str();
}

}  // namespace halprobe
