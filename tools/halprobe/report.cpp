// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <hal/hal.h>

#include <algorithm>

#include "support/escape.hpp"

namespace halprobe {
namespace {

using halprobe::or_null;

template <typename T>
Json or_null(const std::optional<T> &value) {
  return value ? Json(*value) : Json(nullptr);
}

template <typename T>
std::optional<T> optional_from(const Json &json) {
  return json.is_null() ? std::nullopt : std::optional<T>(json.get<T>());
}

std::string text_from(const Json &json) { return json.is_null() ? std::string() : json.get<std::string>(); }

Json to_json(const Reach &reach) {
  return {{"kind", reach.kind},
          {"verdict", reach.verdict},
          {"can_reach", reach.can_reach},
          {"reach_unknown", reach.reach_unknown}};
}

Json full_device(const Device &device) {
  Json properties = Json::object();
  for (const Property &property : device.properties) properties[property.name] = or_null(property.value);
  Json memory = Json::array();
  for (const Reach &reach : device.memory) memory.push_back(to_json(reach));
  return {{"ordinal", device.ordinal},
          {"name", or_null(device.name)},
          {"soc", or_null(device.soc)},
          {"executable_format", or_null(device.executable_format)},
          {"native_api", or_null(device.native_api)},
          {"properties", std::move(properties)},
          {"memory", std::move(memory)}};
}

Device device_from_json(const Json &json) {
  Device device;
  device.ordinal = json.at("ordinal").get<std::uint32_t>();
  device.name = optional_from<std::string>(json.at("name"));
  device.soc = optional_from<std::string>(json.at("soc"));
  device.executable_format = optional_from<std::string>(json.at("executable_format"));
  device.native_api = optional_from<std::string>(json.at("native_api"));
  for (const auto &[name, value] : json.at("properties").items())
    device.properties.push_back({name, optional_from<std::uint64_t>(value)});
  for (const Json &reach : json.at("memory"))
    device.memory.push_back({reach.at("kind"), reach.at("verdict"), reach.at("can_reach"), reach.at("reach_unknown")});
  return device;
}

Json property_or_null(const Device &device, const char *name) {
  for (const Property &property : device.properties)
    if (property.name == name) return or_null(property.value);
  return nullptr;
}

Json short_device(const Device &device) {
  return {{"ordinal", device.ordinal},
          {"name", or_null(device.name)},
          {"soc", or_null(device.soc)},
          {"memory_total", property_or_null(device, "memory_total_bytes")},
          {"memory_free", property_or_null(device, "memory_free_bytes")},
          {"aic_cores", property_or_null(device, "aic_cores")},
          {"aiv_cores", property_or_null(device, "aiv_cores")}};
}

Json to_json(const Variable &variable) {
  return {{"name", variable.name},     {"value", variable.value},
          {"origin", variable.origin}, {"default", variable.default_value},
          {"type", variable.type},     {"effect", variable.help},
          {"owner", variable.owner},   {"problem", or_null(variable.problem)}};
}

Variable variable_from_json(const Json &json) {
  return {json.at("name"), json.at("value"),  json.at("origin"), json.at("default"),
          json.at("type"), json.at("effect"), json.at("owner"),  text_from(json.at("problem"))};
}

Json to_json(const Row &row) {
  Json devices = Json::array();
  for (const Device &device : row.devices) devices.push_back(short_device(device));
  return {{"name", row.name},
          {"status", row.status},
          {"reason", or_null(row.reason)},
          {"detail", or_null(row.detail)},
          {"hint", or_null(row.hint)},
          {"arch", or_null(row.arch)},
          {"kind", or_null(row.kind)},
          {"version", or_null(row.version)},
          {"abi", or_null(row.abi)},
          {"path", row.path},
          {"origin", row.origin},
          {"probe_ms", or_null(row.probe_ms)},
          {"devices", std::move(devices)}};
}

Json summary(const std::vector<Row> &rows) {
  Json counts = Json::object();
  for (const char *status : {"usable", "absent", "broken", "disabled", "shadowed"})
    counts[status] = std::count_if(rows.begin(), rows.end(), [&](const Row &row) { return row.status == status; });
  return counts;
}

}  // namespace

Json or_null(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string join(const std::vector<std::string> &parts, const char *separator) {
  std::string text;
  for (const std::string &part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

Json to_json(const Answer &answer) {
  Json devices = Json::array();
  for (const Device &device : answer.devices) devices.push_back(full_device(device));
  Json variables = Json::array();
  for (const Variable &variable : answer.variables) variables.push_back(to_json(variable));
  return {{"status", answer.status},
          {"reason", answer.reason},
          {"detail", answer.detail},
          {"hint", answer.hint},
          {"probe_ms", or_null(answer.probe_ms)},
          {"devices", std::move(devices)},
          {"device_error", answer.device_error},
          {"variables", std::move(variables)}};
}

Answer answer_from_json(const Json &json) {
  Answer answer = {json.at("status"),
                   json.at("reason"),
                   json.at("detail"),
                   json.at("hint"),
                   optional_from<double>(json.at("probe_ms")),
                   {},
                   json.at("device_error"),
                   {}};
  for (const Json &device : json.at("devices")) answer.devices.push_back(device_from_json(device));
  for (const Json &variable : json.at("variables")) answer.variables.push_back(variable_from_json(variable));
  return answer;
}

Json to_json(const Selected &selected) {
  const bool any = !selected.name.empty();
  return {{"name", or_null(selected.name)},
          {"why", or_null(selected.why)},
          {"ordinal", any ? Json(selected.ordinal) : Json(nullptr)},
          {"status", selected.status},
          {"message", or_null(selected.message)},
          {"hint", or_null(selected.hint)}};
}

Selected selected_from_json(const Json &json) {
  Selected selected;
  selected.status = json.at("status");
  selected.name = text_from(json.at("name"));
  selected.ordinal = json.at("ordinal").is_null() ? 0 : json.at("ordinal").get<std::uint32_t>();
  selected.why = text_from(json.at("why"));
  selected.message = text_from(json.at("message"));
  selected.hint = text_from(json.at("hint"));
  return selected;
}

Json envelope(const Report &report, Json own_part, int exit_code) {
  Json places = Json::array();
  for (const Place &place : report.places)
    places.push_back({{"path", place.path}, {"origin", place.origin}, {"status", place.status}});
  Json rows = Json::array();
  for (const Row &row : report.rows) rows.push_back(to_json(row));
  const std::string abi = "draft " + std::to_string(hal_abi_draft());
  return {{"schema_version", 1},
          {"libhal", {{"version", hal_version()}, {"abi", abi}}},
          {"search_path", std::move(places)},
          {"selected", report.selected ? to_json(*report.selected) : Json(nullptr)},
          {"backends", std::move(rows)},
          {"summary", summary(report.rows)},
          {"report", std::move(own_part)},
          {"exit_code", exit_code}};
}

Json variables_part(const Report &report) {
  Json variables = Json::array();
  for (const Variable &variable : report.variables) variables.push_back(to_json(variable));
  return {{"variables", std::move(variables)}};
}

Json devices_part(const Row &row) {
  Json devices = Json::array();
  for (const Device &device : row.devices) devices.push_back(full_device(device));
  return {{"backend", row.name}, {"devices", std::move(devices)}};
}

std::string printable(const std::string &text) { return hal::core::escaped(text); }

}  // namespace halprobe
