// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "library.hpp"
#include "table.hpp"

namespace halprobe {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string milliseconds(const Row &row) {
  if (!row.probe_ms) return {};
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", *row.probe_ms);
  return text;
}

std::string device_count(const Row &row) {
  return row.status == "usable" ? std::to_string(row.devices.size()) : std::string();
}

std::string cell(const Row &row, const std::string &column) {
  if (column == "name") return row.name;
  if (column == "status") return row.status;
  if (column == "arch") return row.arch;
  if (column == "kind") return row.kind;
  if (column == "devices") return device_count(row);
  if (column == "version") return row.version;
  if (column == "abi") return row.abi;
  if (column == "origin") return row.origin;
  if (column == "reason") return row.reason;
  if (column == "detail") return row.detail;
  if (column == "path") return row.path;
  return milliseconds(row);
}

std::vector<std::string> default_columns(bool verbose) {
  std::vector<std::string> columns = {"name", "status", "arch", "kind", "devices", "version", "reason"};
  if (verbose) columns.insert(columns.end(), {"probe_ms", "path"});
  return columns;
}

void add_line(std::string &text, const char *label, const std::string &value) {
  if (!value.empty()) text += std::string("    ") + label + printable(value) + '\n';
}

std::string reach_mark(const Reach &reach, const std::string &engine) {
  const auto has = [&](const std::vector<std::string> &names) {
    return std::find(names.begin(), names.end(), engine) != names.end();
  };
  return has(reach.can_reach) ? "yes" : has(reach.reach_unknown) ? "unknown" : "-";
}

std::string size_text(const std::string &name, std::uint64_t value) {
  constexpr std::string_view kUnits[] = {"", "KiB", "MiB", "GiB", "TiB"};
  if (!name.ends_with("_bytes")) return std::to_string(value);
  std::size_t unit = 0;
  while (value != 0 && value % 1024 == 0 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return std::to_string(value) + (unit > 0 ? " " + std::string(kUnits[unit]) : "");
}

std::string native_api_text(const Row &row, const Device &device) {
  const std::string text = device.native_api.value_or("");
  return text.empty() && row.kind == "sim" ? "none (simulator)" : text;
}

std::string selection_text(const Selected &selected) {
  if (!selected.name.empty())
    return "Selected: " + printable(selected.name) + ":" + std::to_string(selected.ordinal) + " (" +
           printable(selected.why) + ")\n";
  std::string text = "Selected: nothing\n";
  add_line(text, "reason: ", selected.message);
  add_line(text, "next:   ", selected.hint);
  return text;
}

}  // namespace

bool wants_color(const Options &options) {
  if (options.color != Color::kAuto) return options.color == Color::kAlways;
  const char *no_color = std::getenv("NO_COLOR");
  const char *term = std::getenv("TERM");
  const bool unset = no_color == nullptr || *no_color == '\0';
  return unset && term != nullptr && std::string_view(term) != "dumb" && ::isatty(STDOUT_FILENO) == 1;
}

std::string list_text(const Report &report, const Options &options) {
  const std::vector<std::string> columns = options.columns.empty() ? default_columns(options.verbose) : options.columns;
  std::vector<std::string> header;
  for (const std::string &column : columns) header.push_back(upper(column));
  Table table(std::move(header));
  for (const Row &row : report.rows) {
    std::vector<std::string> cells;
    for (const std::string &column : columns) cells.push_back(cell(row, column));
    table.add(std::move(cells));
  }
  return table.text(Painter(wants_color(options)), options.header);
}

std::string explain_text(const Report &report, const Options &options) {
  const Painter painter(wants_color(options));
  std::string text = "Search path, in order:\n";
  for (const Place &place : report.places)
    text += "  " + printable(place.path) + "  [" + place.origin + "] " + place.status + '\n';
  text += "Files:\n";
  if (report.rows.empty()) text += "  none\n";
  for (const Row &row : report.rows) {
    text += "  " + printable(row.name) + "  " + painter.status(row.status);
    text += (row.reason.empty() ? "" : " (" + printable(row.reason) + ")") + '\n';
    add_line(text, "file:   ", row.path + "  [" + row.origin + "]");
    add_line(text, "detail: ", row.detail);
    add_line(text, "next:   ", row.hint);
  }
  return report.selected ? text + selection_text(*report.selected) : text;
}

std::string probe_text(const Row &row, const Options &options) {
  const Painter plain(false);
  const std::vector<std::string> engines = all_engine_names();
  std::string text;
  for (const Device &device : row.devices) {
    text +=
        printable(row.name) + ":" + std::to_string(device.ordinal) + "  " + printable(device.name.value_or("-")) + '\n';
    Table properties({"PROPERTY", "VALUE"});
    properties.add({"soc", device.soc.value_or("")});
    properties.add({"arch", row.arch});
    properties.add({"executable_format", device.executable_format.value_or("")});
    properties.add({"native_api", native_api_text(row, device)});
    for (const Property &property : device.properties)
      properties.add({property.name, property.value ? size_text(property.name, *property.value) : ""});
    text += properties.text(plain, options.header) + '\n';
    std::vector<std::string> header = {"MEMORY", "VERDICT"};
    header.insert(header.end(), engines.begin(), engines.end());
    Table matrix(std::move(header));
    for (const Reach &reach : device.memory) {
      std::vector<std::string> cells = {reach.kind, reach.verdict};
      for (const std::string &engine : engines) cells.push_back(reach_mark(reach, engine));
      matrix.add(std::move(cells));
    }
    text += matrix.text(plain, options.header);
    if (&device != &row.devices.back()) text += '\n';
  }
  return text;
}

std::string variables_text(const Report &report, const Options &options) {
  Table table({"NAME", "VALUE", "ORIGIN", "DEFAULT", "OWNER", "EFFECT"});
  for (const Variable &variable : report.variables)
    table.add({variable.name, variable.value, variable.origin, variable.default_value, variable.owner, variable.help});
  return table.text(Painter(false), options.header);
}

}  // namespace halprobe
