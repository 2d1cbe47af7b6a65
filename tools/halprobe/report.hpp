// SPDX-License-Identifier: Apache-2.0
//
// What halprobe knows about a machine, and its form as JSON: between its processes, and for --json.
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
  std::string origin;  // as libhal's, or "option"
  std::string status;
};

// Who reaches one kind of memory.
struct Reach {
  std::string kind;
  std::string verdict;  // "OK" or a status
  std::vector<std::string> can_reach;
  std::vector<std::string> reach_unknown;
};

struct Property {
  std::string name;
  std::optional<std::uint64_t> value;
};

// Known by its ordinal alone unless it was opened.
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
  std::string status;  // "OK" or why not
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

// What probing one plugin gave.
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

// Text for a terminal or a log: '?' for control characters.
std::string printable(const std::string &text);

}  // namespace halprobe

#endif  // TOOLS_HALPROBE_REPORT_HPP_
