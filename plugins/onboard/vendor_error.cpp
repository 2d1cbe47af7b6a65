// SPDX-License-Identifier: Apache-2.0
#include "onboard/vendor_error.hpp"

#include <algorithm>
#include <iterator>

#include "onboard/native_errors.hpp"

namespace hal::onboard {
namespace {

constexpr std::size_t kVendorTextBytes = 400;  // a libhal message holds 1 KiB

// Error codes of AIC and AIV cores, and the kind of access that failed.
struct CoreCode {
  std::int64_t code;
  hal_fault_flags_t access;
};
constexpr CoreCode kCoreCodes[] = {
    {207003, 0},
    {207016, 0},
    {507014, 0},
    {507015, 0},
    {507016, 0},
    {507034, 0},
    {507035, 0},
    {507036, 0},
    {507042, HAL_FAULT_READ},
    {507043, HAL_FAULT_WRITE},
    {507044, HAL_FAULT_READ},
    {507045, HAL_FAULT_WRITE},
};

const CoreCode *find_core_code(std::int64_t code) {
  const auto *found = std::ranges::find(kCoreCodes, code, &CoreCode::code);
  return found != std::end(kCoreCodes) ? found : nullptr;
}

std::string recent_error(const VendorApi &api) {
  const char *text = api.recent_error != nullptr ? api.recent_error() : nullptr;
  return text != nullptr ? one_line(text, kVendorTextBytes) : "";
}

}  // namespace

std::string one_line(const char *text, std::size_t max_bytes) {
  std::string line;
  for (; *text != '\0' && line.size() < max_bytes; ++text) {
    const auto byte = static_cast<unsigned char>(*text);
    const bool space = byte <= 0x20 || byte == 0x7f;
    if (space && (line.empty() || line.back() == ' ')) continue;
    line += space ? ' ' : *text;
  }
  if (*text != '\0') {  // remove a UTF-8 character that was cut
    std::size_t start = line.size();
    while (start > 0 && (static_cast<unsigned char>(line[start - 1]) & 0xc0) == 0x80) --start;
    const unsigned char lead = start > 0 ? static_cast<unsigned char>(line[start - 1]) : 0;
    const std::size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (start > 0 && line.size() - (start - 1) < wanted) line.resize(start - 1);
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

hal_status_t status_of(int code) {
  const NativeError *known = find_native_error(code);
  return known != nullptr ? known->status : HAL_ERR_INTERNAL;
}

bool ends_device(int code) {
  const hal_status_t status = status_of(code);
  return status == HAL_ERR_KERNEL_FAULT || status == HAL_ERR_KERNEL_TIMEOUT || status == HAL_ERR_DEVICE_LOST;
}

bool is_of_a_core(std::int64_t code) { return find_core_code(code) != nullptr; }

plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code) {
  return vendor_failure(api, function, values, code, status_of(code));
}

plugin::Failure vendor_failure(const VendorApi &api, const char *function, const std::string &values, int code,
                               hal_status_t status) {
  const std::string words = recent_error(api);
  const NativeError *known = find_native_error(code);
  std::string message = std::string(function) + "(" + values + ") returned " + std::to_string(code) + ": ";
  message += known != nullptr ? known->cause : "a code that libhal does not know";
  if (!words.empty()) message += "; the runtime reports: " + words;
  const char *hint = known != nullptr ? known->hint : "look up the code in the vendor's documentation for this release";
  plugin::Failure failure(status, message, hint, code, api.family);
  const CoreCode *core = find_core_code(code);
  if (core == nullptr || core->access == 0) return failure;
  return std::move(failure).of_kernel({.access = core->access});
}

void drop_recent_error(const VendorApi &api) noexcept {
  if (api.recent_error != nullptr) (void)api.recent_error();
}

}  // namespace hal::onboard
