// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/status.hpp"

#include <algorithm>
#include <iterator>

namespace hal::core {
namespace {

struct StatusName {
  hal_status_t status;
  const char *name;
};

constexpr StatusName kNames[] = {
    {HAL_OK, "OK"},
    {HAL_ERR_CANCELLED, "CANCELLED"},
    {HAL_ERR_UNKNOWN, "UNKNOWN"},
    {HAL_ERR_INVALID_ARGUMENT, "INVALID_ARGUMENT"},
    {HAL_ERR_TIMEOUT, "TIMEOUT"},
    {HAL_ERR_NOT_FOUND, "NOT_FOUND"},
    {HAL_ERR_ALREADY_EXISTS, "ALREADY_EXISTS"},
    {HAL_ERR_PERMISSION_DENIED, "PERMISSION_DENIED"},
    {HAL_ERR_OUT_OF_MEMORY, "OUT_OF_MEMORY"},
    {HAL_ERR_FAILED_PRECONDITION, "FAILED_PRECONDITION"},
    {HAL_ERR_OUT_OF_RANGE, "OUT_OF_RANGE"},
    {HAL_ERR_UNSUPPORTED, "UNSUPPORTED"},
    {HAL_ERR_INTERNAL, "INTERNAL"},
    {HAL_ERR_UNAVAILABLE, "UNAVAILABLE"},
    {HAL_ERR_BUSY, "BUSY"},
    {HAL_ERR_INCOMPATIBLE, "INCOMPATIBLE"},
    {HAL_ERR_DEVICE_LOST, "DEVICE_LOST"},
    {HAL_ERR_KERNEL_FAULT, "KERNEL_FAULT"},
    {HAL_ERR_KERNEL_TIMEOUT, "KERNEL_TIMEOUT"},
};

const StatusName *find(hal_status_t status) noexcept {
  const auto *entry =
      std::find_if(std::begin(kNames), std::end(kNames), [=](const StatusName &n) { return n.status == status; });
  return entry == std::end(kNames) ? nullptr : entry;
}

}  // namespace

const char *status_name(hal_status_t status) noexcept {
  const StatusName *entry = find(status);
  return entry != nullptr ? entry->name : "UNKNOWN";
}

bool is_status(hal_status_t status) noexcept { return find(status) != nullptr; }

std::vector<std::string> failure_names() {
  std::vector<std::string> names;
  for (const StatusName &entry : kNames)
    if (entry.status != HAL_OK) names.emplace_back(entry.name);
  return names;
}

hal_status_t status_of(std::string_view failure) noexcept {
  const auto *entry =
      std::find_if(std::begin(kNames), std::end(kNames), [=](const StatusName &n) { return n.name == failure; });
  return entry == std::end(kNames) ? HAL_ERR_UNKNOWN : entry->status;
}

}  // namespace hal::core
