// SPDX-License-Identifier: Apache-2.0
//
// Everything that halprobe reports, and its JSON: between halprobe's processes, and for --json.
#ifndef TOOLS_HALPROBE_REPORT_HPP_
#define TOOLS_HALPROBE_REPORT_HPP_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace halprobe {

using Json = nlohmann::ordered_json;

struct Place {
  std::string path;
  std::string origin;  // as in hal_search_path_info, or "option"
  std::string status;
};

// Which engines can reach one kind of memory.
struct Reach {
  std::string kind;
  std::string verdict;  // "OK" or the status of hal_mem_query
  std::vector<std::string> can_reach;
  std::vector<std::string> reach_unknown;
};

struct Property {
  std::string name;
  std::optional<std::uint64_t> value;
};

// If the device was not opened, only its ordinal is known.
struct Device {
  std::uint32_t ordinal = 0;
  std::optional<std::string> name;
  std::optional<std::string> soc;
  std::optional<std::string> executable_format;
  std::optional<std::string> native_api;  // "" = none
  std::vector<Property> properties;
  std::vector<Reach> memory;
};

struct Variable {
  std::string name, value, origin, default_value, type, help, owner, problem;
};

struct Selected {
  std::string status;  // "OK" or the status of the failure
  std::string name;
  std::uint32_t ordinal = 0;
  std::string why, message, hint;
};

struct Row {
  std::string name;
  std::string status;  // usable, absent, broken, disabled, shadowed; "unprobed" until it is probed
  std::string reason, detail, hint;
  std::string arch, kind, version, abi, path, origin;
  std::optional<double> probe_ms;
  std::vector<Device> devices;
};

// The result of probing one plugin.
struct Answer {
  std::string status, reason, detail, hint;
  std::optional<double> probe_ms;
  std::vector<Device> devices;
  std::string device_error;  // why a device could not be counted or opened
  std::vector<Variable> variables;
};

struct Report {
  std::vector<Place> places;
  std::vector<Row> rows;
  std::optional<Selected> selected;
  std::vector<Variable> variables;
  std::string device_error;
};

Json to_json(const Answer &answer);
Answer answer_from_json(const Json &json);
Json to_json(const Selected &selected);
Selected selected_from_json(const Json &json);

// The whole envelope; report is the command's own part, or null.
Json envelope(const Report &report, Json own_part, int exit_code);

// The own parts of `env` and `probe`.
Json variables_part(const Report &report);
Json devices_part(const Row &row);

// Text for a terminal or a log, escaped as in libhal's messages.
std::string printable(const std::string &text);

std::string join(const std::vector<std::string> &parts, const char *separator);

// JSON null for an empty text.
Json or_null(const std::string &text);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_REPORT_HPP_
