// SPDX-License-Identifier: Apache-2.0
#include "api/backend.hpp"

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/api_call.hpp"
#include "backends/discovery.hpp"
#include "backends/loader.hpp"
#include "backends/search_path.hpp"
#include "backends/selection.hpp"
#include "diagnostics/struct_rules.hpp"
#include "environment/settings.hpp"
#include "support/escape.hpp"

namespace hal::core {
namespace {

struct SearchedPlace {
  SearchPlace place;
  const char *status;
};

// Entries are replaced, never changed, so that returned strings stay valid until the next scan.
struct Scan {
  std::vector<std::unique_ptr<const Candidate>> candidates;
  std::vector<SearchedPlace> places;
  std::deque<std::unique_ptr<const Candidate>> replaced;
  std::deque<SelectionReport> selections;
};

struct CandidateTable {
  std::mutex mutex;
  std::uint64_t scans = 0;
  Scan scan;
};

CandidateTable &candidate_table() {
  static CandidateTable &table = *new CandidateTable;
  return table;
}

hal_status_t fail_index(const char *what, std::uint32_t index, std::size_t count) {
  return fail(HAL_ERR_NOT_FOUND,
              fmt::format("{} {} does not exist; the last hal_candidate_scan found {}", what, index, count),
              "call hal_candidate_scan, then use an index below its count");
}

std::string join_doubt(const Candidate &candidate) {
  if (candidate.trust.doubt.empty() || candidate.trust.doubt == candidate.detail) return candidate.detail;
  return candidate.detail.empty() ? candidate.trust.doubt : candidate.detail + "; " + candidate.trust.doubt;
}

// Escapes what programs show. The path stays as it is, since programs also open it.
std::unique_ptr<const Candidate> entry_of(Candidate candidate) {
  candidate.detail = join_doubt(candidate);
  candidate.trust.doubt.clear();
  for (std::string *text : {&candidate.name, &candidate.reason, &candidate.detail, &candidate.hint})
    *text = escaped(*text);
  return std::make_unique<const Candidate>(std::move(candidate));
}

Scan scan_now() {
  const auto now = settings();
  Scan scan;
  for (Candidate &candidate : discover(*now)) scan.candidates.push_back(entry_of(std::move(candidate)));
  for (Candidate &candidate : discover_filtered(*now)) scan.candidates.push_back(entry_of(std::move(candidate)));
  for (SearchPlace &place : search_places(*now)) {
    const char *status = place_status(place);
    scan.places.push_back({std::move(place), status});
  }
  return scan;
}

void probe_now(Candidate &candidate) {
  if (Plugin *plugin = load_plugin(candidate)) (void)plugin->probe(candidate);
}

bool is_ruled_out(const Candidate &candidate) {
  return candidate.status == CandidateStatus::kBroken || candidate.status == CandidateStatus::kShadowed ||
         candidate.status == CandidateStatus::kDisabled;
}

// A copy of an entry of the table, and the number of its scan.
struct Copied {
  Candidate candidate;
  std::uint64_t scan = 0;
};

hal_status_t copy_entry(std::uint32_t index, Copied &copied) {
  CandidateTable &table = candidate_table();
  const std::lock_guard lock(table.mutex);
  if (index >= table.scan.candidates.size()) return fail_index("candidate", index, table.scan.candidates.size());
  copied = {*table.scan.candidates[index], table.scans};
  return HAL_OK;
}

// Updates nothing if another thread has scanned again.
void put_back(std::uint32_t index, Copied copied) {
  std::unique_ptr<const Candidate> entry = entry_of(std::move(copied.candidate));
  CandidateTable &table = candidate_table();
  const std::lock_guard lock(table.mutex);
  if (table.scans != copied.scan) return;
  std::swap(entry, table.scan.candidates[index]);
  table.scan.replaced.push_back(std::move(entry));
}

// The detail of a file that was not loaded yet is its doubt.
void forget_detail(Candidate &candidate) {
  candidate.trust.doubt = candidate.status == CandidateStatus::kFound ? candidate.detail : "";
  candidate.detail.clear();
}

hal_status_t fail_ruled_out(const Candidate &candidate) {
  return fail(candidate.error != HAL_OK ? candidate.error : HAL_ERR_UNAVAILABLE,
              fmt::format("{} cannot be used ({}): {}", candidate.path, candidate.reason, candidate.detail),
              candidate.hint);
}

hal_status_t probe_entry(std::uint32_t index) {
  Copied copied;
  if (const hal_status_t status = copy_entry(index, copied); status != HAL_OK) return status;
  if (is_ruled_out(copied.candidate)) return HAL_OK;
  forget_detail(copied.candidate);
  probe_now(copied.candidate);
  if (copied.candidate.error == HAL_ERR_BUSY) return fail_ruled_out(copied.candidate);
  put_back(index, std::move(copied));
  return HAL_OK;
}

hal_candidate_info_t describe(const Candidate &candidate) {
  return {sizeof(hal_candidate_info_t), static_cast<hal_candidate_status_t>(candidate.status),
          candidate.name.c_str(),       candidate.arch.c_str(),
          candidate.kind.c_str(),       candidate.version.c_str(),
          candidate.abi.c_str(),        candidate.path.c_str(),
          candidate.origin.c_str(),     candidate.reason.c_str(),
          candidate.detail.c_str(),     candidate.hint.c_str()};
}

}  // namespace

hal_status_t load_candidate(std::uint32_t index, Plugin *&plugin) {
  Copied copied;
  if (const hal_status_t status = copy_entry(index, copied); status != HAL_OK) return status;
  if (is_ruled_out(copied.candidate)) return fail_ruled_out(copied.candidate);
  forget_detail(copied.candidate);
  plugin = load_plugin(copied.candidate);
  if (plugin != nullptr) return HAL_OK;
  const hal_status_t status = fail_ruled_out(copied.candidate);
  if (status != HAL_ERR_BUSY) put_back(index, std::move(copied));
  return status;
}

void forget_scan() noexcept {
  CandidateTable &table = candidate_table();
  const std::lock_guard lock(table.mutex);
  table.scan = {};
  ++table.scans;
}

}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_candidate_scan(uint32_t *count) {
  return api_call_on_plugins(__func__, [&]() -> hal_status_t {
    if (count == nullptr) return fail_null("count");
    Scan scan = scan_now();
    CandidateTable &table = candidate_table();
    const std::lock_guard lock(table.mutex);
    *count = static_cast<std::uint32_t>(scan.candidates.size());
    table.scan = std::move(scan);
    ++table.scans;
    return HAL_OK;
  });
}

hal_status_t hal_candidate_info(uint32_t index, hal_candidate_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    CandidateTable &table = candidate_table();
    const std::lock_guard lock(table.mutex);
    const auto &candidates = table.scan.candidates;
    if (index >= candidates.size()) return fail_index("candidate", index, candidates.size());
    return write_struct(info, describe(*candidates[index]), "info");
  });
}

hal_status_t hal_candidate_probe(uint32_t index) {
  return api_call_on_plugins(__func__, [&] { return probe_entry(index); });
}

hal_status_t hal_search_path_count(uint32_t *count) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (count == nullptr) return fail_null("count");
    CandidateTable &table = candidate_table();
    const std::lock_guard lock(table.mutex);
    *count = static_cast<std::uint32_t>(table.scan.places.size());
    return HAL_OK;
  });
}

hal_status_t hal_search_path_info(uint32_t index, hal_search_path_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    CandidateTable &table = candidate_table();
    const std::lock_guard lock(table.mutex);
    const auto &places = table.scan.places;
    if (index >= places.size()) return fail_index("place", index, places.size());
    const auto &[place, status] = places[index];
    const hal_search_path_info_t answer = {sizeof(answer), 0, place.path.c_str(), place.origin.c_str(), status};
    return write_struct(info, answer, "info");
  });
}

hal_status_t hal_selection_explain(hal_selection_info_t *info) {
  return api_call_on_plugins(__func__, [&]() -> hal_status_t {
    if (const hal_status_t status = check_output(info, "info"); status != HAL_OK) return status;
    SelectionReport found = explain_selection();
    CandidateTable &table = candidate_table();
    const std::lock_guard lock(table.mutex);
    const SelectionReport &selection = table.scan.selections.emplace_back(std::move(found));
    const hal_selection_info_t answer = {
        sizeof(answer),         selection.status,      selection.ordinal,         0,
        selection.name.c_str(), selection.why.c_str(), selection.message.c_str(), selection.hint.c_str()};
    return write_struct(info, answer, "info");
  });
}
