// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace halprobe {
namespace {

hal_error_info_t last_error() {
  hal_error_info_t info = {};
  info.struct_size = sizeof(info);
  hal_last_error(&info);
  return info;
}

void check(hal_status_t status) {
  if (status != HAL_OK) throw LibraryError();
}

std::uint32_t scanned_count = 0;  // candidates of the last scan of this process

std::uint32_t scan() {
  std::uint32_t count = 0;
  check(hal_candidate_scan(&count));
  return count;
}

hal_candidate_info_t candidate(std::uint32_t index) {
  hal_candidate_info_t info = {};
  info.struct_size = sizeof(info);
  check(hal_candidate_info(index, &info));
  return info;
}

// Its index in the last scan.
std::optional<std::uint32_t> find_file(const std::string &path, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i)
    if (path == candidate(i).path && candidate(i).status != HAL_CANDIDATE_DISABLED) return i;
  return std::nullopt;
}

const char *status_word(hal_candidate_status_t status) {
  switch (status) {
    case HAL_CANDIDATE_USABLE:
      return "usable";
    case HAL_CANDIDATE_ABSENT:
      return "absent";
    case HAL_CANDIDATE_BROKEN:
      return "broken";
    case HAL_CANDIDATE_DISABLED:
      return "disabled";
    case HAL_CANDIDATE_SHADOWED:
      return "shadowed";
    default:
      return "unprobed";
  }
}

// If a device cannot be counted or opened, the result of the probe stays.
void add_devices(Answer &answer, const std::string &name, const DeviceRequest &request) {
  try {
    answer.devices = read_devices(name, request);
  } catch (const LibraryError &error) {
    answer.device_error = error.what();
  }
}

void start() {
  scanned_count = 0;
  check(hal_init(HAL_ABI_DRAFT));
}

}  // namespace

LibraryError::LibraryError() : LibraryError(last_error()) {}

LibraryError::LibraryError(const hal_error_info_t &info)
    : std::runtime_error(info.message), status_(info.status), hint_(info.hint) {}

Library::Library() { start(); }

Library::~Library() { (void)hal_shutdown(); }

void pause_library(const std::function<void()> &work) {
  check(hal_shutdown());
  work();
  start();
}

std::vector<Row> scan_rows() {
  std::vector<Row> rows;
  const std::uint32_t count = scanned_count = scan();
  for (std::uint32_t i = 0; i < count; ++i) {
    const hal_candidate_info_t info = candidate(i);
    rows.push_back({info.name,
                    status_word(info.status),
                    info.reason,
                    info.detail,
                    info.hint,
                    info.arch,
                    info.kind,
                    info.version,
                    info.abi,
                    info.path,
                    info.origin,
                    std::nullopt,
                    {}});
  }
  return rows;
}

std::vector<Place> scanned_places() {
  std::vector<Place> places;
  std::uint32_t count = 0;
  check(hal_search_path_count(&count));
  for (std::uint32_t i = 0; i < count; ++i) {
    hal_search_path_info_t info = {};
    info.struct_size = sizeof(info);
    check(hal_search_path_info(i, &info));
    places.push_back({info.path, info.origin, info.status});
  }
  return places;
}

std::uint32_t index_of_file(const std::string &path) {
  if (scanned_count == 0) scanned_count = scan();
  if (const std::optional<std::uint32_t> index = find_file(path, scanned_count)) return *index;
  throw std::runtime_error("the file " + path + " disappeared while halprobe was running");
}

Answer probe_file(const std::string &path, const DeviceRequest &request) {
  const std::uint32_t index = index_of_file(path);
  const auto start = std::chrono::steady_clock::now();
  check(hal_candidate_probe(index));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  const hal_candidate_info_t info = candidate(index);
  Answer answer = {status_word(info.status), info.reason, info.detail, info.hint, took.count(), {}, {}, {}};
  if (info.status == HAL_CANDIDATE_USABLE) add_devices(answer, info.name, request);
  for (Variable &variable : read_variables())
    if (variable.owner != "core") answer.variables.push_back(std::move(variable));
  return answer;
}

Selected ask_selection() {
  hal_selection_info_t info = {};
  info.struct_size = sizeof(info);
  check(hal_selection_explain(&info));
  return {hal_status_string(info.status), info.name, info.ordinal, info.why, info.message, info.hint};
}

// libhal answers an unknown name without loading a plugin. Names that could select one are not passed on.
std::string suggest_backend(const std::string &unknown) {
  constexpr std::string_view kQuestion = "did you mean ";
  std::string name = unknown;
  for (char &c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name.empty() || name == "auto" || name.find_first_of(":,") != std::string::npos) return {};
  hal_backend_t backend = nullptr;
  if (hal_backend_select(name.c_str(), &backend) != HAL_ERR_NOT_FOUND) return {};
  std::string hint = last_error().hint;
  if (!hint.starts_with(kQuestion)) return {};
  std::replace(hint.begin(), hint.end(), '"', '\'');
  return ", " + hint;
}

std::vector<std::pair<std::string, hal_status_t>> status_names() {
  constexpr hal_status_t kLast = -255;
  const std::string unknown = hal_status_string(HAL_ERR_UNKNOWN);  // also of numbers that are not a status
  std::vector<std::pair<std::string, hal_status_t>> names;
  for (hal_status_t status = HAL_OK; status >= kLast; --status)
    if (const char *name = hal_status_string(status); status == HAL_ERR_UNKNOWN || name != unknown)
      names.emplace_back(name, status);
  return names;
}

std::vector<Variable> read_variables() {
  std::vector<Variable> variables;
  std::uint32_t count = 0;
  check(hal_variable_count(&count));
  for (std::uint32_t i = 0; i < count; ++i) {
    hal_variable_info_t info = {};
    info.struct_size = sizeof(info);
    check(hal_variable_info(i, &info));
    variables.push_back(
        {info.name, info.value, info.origin, info.default_value, info.type, info.help, info.owner, info.problem});
  }
  return variables;
}

}  // namespace halprobe
