// SPDX-License-Identifier: Apache-2.0
#include "onboard/registration.hpp"

#include <unistd.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

#include "onboard/vendor_error.hpp"
#include "support/memory_map.hpp"

namespace hal::onboard {
namespace {

struct Range {
  const std::byte *start;
  std::uint64_t size_bytes;
  std::uint32_t ordinal;
};

struct Table {
  std::mutex mutex;  // held during the vendor's calls: concurrent registrations fail with misleading codes
  std::list<Range> ranges;
};

Table &table() {
  static Table &instance = *new Table;
  return instance;
}

bool overlap(const Range &range, const std::byte *start, std::uint64_t size) {
  const auto a = reinterpret_cast<std::uintptr_t>(range.start);
  const auto b = reinterpret_cast<std::uintptr_t>(start);
  return a < b + size && b < a + range.size_bytes;
}

void refuse_known(const Table &known, std::uint32_t ordinal, const std::byte *start, std::uint64_t size) {
  for (const Range &range : known.ranges)
    if (overlap(range, start, size))
      throw plugin::Failure(HAL_ERR_ALREADY_EXISTS,
                            plugins::range_text(start, size) + " cannot be registered for device " +
                                std::to_string(ordinal) + ": " + plugins::range_text(range.start, range.size_bytes) +
                                " is registered for device " + std::to_string(range.ordinal) +
                                ", and the vendor's runtime keeps one table for the whole process",
                            "unregister it there first, or use separate memory for each device");
}

}  // namespace

std::uint64_t register_alignment() {
  static const std::uint64_t alignment =
      std::max<std::uint64_t>(4096, static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  return alignment;
}

std::uint64_t host_memory_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t registered_bytes() {
  Table &known = table();
  const std::lock_guard lock(known.mutex);
  std::uint64_t sum = 0;
  for (const Range &range : known.ranges) sum += range.size_bytes;
  return sum;
}

Registration::Registration(const VendorApi &api, std::uint32_t ordinal, std::byte *start, std::uint64_t size_bytes)
    : start_(start), size_bytes_(size_bytes) {
  Table &known = table();
  const std::lock_guard lock(known.mutex);
  refuse_known(known, ordinal, start, size_bytes);
  known.ranges.push_front({start, size_bytes, ordinal});
  api_ = &api;
  try {
    device_address_ = reinterpret_cast<std::uint64_t>(map());
  } catch (...) {
    forget();
    throw;
  }
}

// Releases 8.5.0 and 9.0.0 may report success with a null address. The range is then registered but unusable.
void *Registration::map() {
  const VendorApi &api = *api_;
  const auto values = [this] { return plugins::range_text(start_, size_bytes_) + ", mapped"; };
  const char *asked = api.register_v1.name;
  void *address = nullptr;
  int code = kOk;
  if (api.registration == Register::kV1) {
    check(api, api.register_v1, values, start_, size_bytes_, kRegisterV1Mapped, &address);
  } else {
    check(api, api.register_v2, values, start_, size_bytes_, kRegisterV2Mapped);
    asked = api.device_pointer.name;
    code = api.device_pointer(start_, &address, 0);
  }
  if (code == kOk && address != nullptr) return address;
  plugin::Failure failure =
      code != kOk ? vendor_failure(api, asked, plugins::range_text(start_, size_bytes_), code)
                  : plugin::Failure(HAL_ERR_INTERNAL,
                                    std::string(asked) + "(" + plugins::range_text(start_, size_bytes_) +
                                        ") reported success but returned no device address",
                                    "install a newer release of the vendor's toolkit and driver", 0, api.family);
  if (api.unregister(start_) != kOk) drop_recent_error(api);
  throw failure;
}

Registration::~Registration() { abandon(); }

void Registration::swap(Registration &other) noexcept {
  std::swap(api_, other.api_);
  std::swap(start_, other.start_);
  std::swap(size_bytes_, other.size_bytes_);
  std::swap(device_address_, other.device_address_);
}

void Registration::forget() noexcept {
  table().ranges.remove_if([this](const Range &range) { return range.start == start_; });
  api_ = nullptr;
}

void Registration::undo() {
  if (api_ == nullptr) return;
  const std::lock_guard lock(table().mutex);
  check(
      *api_, api_->unregister, [this] { return plugins::range_text(start_, size_bytes_); },
      static_cast<void *>(start_));
  forget();
}

void Registration::abandon() noexcept {
  if (api_ == nullptr) return;
  const std::lock_guard lock(table().mutex);
  if (const int code = api_->unregister(start_); code != kOk) {
    drop_recent_error(*api_);
    plugin::log(HAL_LOG_WARN, std::string(api_->unregister.name) + "(" + plugins::range_text(start_, size_bytes_) +
                                  ") returned " + std::to_string(code));
  }
  forget();
}

}  // namespace hal::onboard
