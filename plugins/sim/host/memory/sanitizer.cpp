// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/sanitizer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hal::sim {
namespace {

constexpr auto kDispose = [](Guard *guard) { delete guard; };

bool is_filled(const std::byte *data, std::uint64_t size_bytes, std::byte value) {
  return size_bytes == 0 || (data[0] == value && std::memcmp(data, data + 1, size_bytes - 1) == 0);
}

// Calls visit(offset, size) for the parts of a range that are filled.
template <typename Visit>
void visit_filled(std::uint64_t start, std::uint64_t size_bytes, Visit &&visit) {
  if (size_bytes <= 2 * Sanitizer::kEndBytes) {
    visit(start, size_bytes);
    return;
  }
  visit(start, Sanitizer::kEndBytes);
  visit(start + size_bytes - Sanitizer::kEndBytes, Sanitizer::kEndBytes);
}

}  // namespace

// Collects the bytes that are not as they were left, and puts them right.
struct Sanitizer::Scan {
  std::byte *view;
  Finding finding;

  void operator()(std::uint64_t start, std::uint64_t size_bytes, int value) {
    const auto wanted = static_cast<std::byte>(value);
    if (is_filled(view + start, size_bytes, wanted)) return;
    for (std::uint64_t at = start; at < start + size_bytes; ++at) {
      if (view[at] == wanted) continue;
      if (finding.bytes++ == 0) finding.first = at;
      view[at] = wanted;
    }
  }
};

Sanitizer::Sanitizer(std::byte *view, std::function<void(const Block &)> release,
                     std::function<void(const Finding &)> found)
    : view_(view), release_(std::move(release)), found_(std::move(found)) {}

Sanitizer::~Sanitizer() { clear(); }

void Sanitizer::admit(Guard &guard) {
  const Origin &origin = guard.origin;
  const std::uint64_t end = origin.start + origin.size_bytes;
  std::memset(view_ + guard.whole.offset, kZoneByte, origin.start - guard.whole.offset);
  std::memset(view_ + end, kZoneByte, guard.whole.offset + guard.whole.size_bytes - end);
  visit_filled(origin.start, origin.size_bytes, [this](std::uint64_t start, std::uint64_t size_bytes) {
    std::memset(view_ + start, kFreshByte, size_bytes);
  });
  const std::lock_guard lock(mutex_);
  live_.push_back(guard);
}

// In the order of addresses, so that the first byte that is found is the first one.
std::optional<Finding> Sanitizer::inspect(const Guard &guard) {
  const Origin &origin = guard.origin;
  const std::uint64_t end = origin.start + origin.size_bytes;
  Scan scan = {view_, {origin, 0, 0}};
  scan(guard.whole.offset, origin.start - guard.whole.offset, kZoneByte);
  if (origin.freed)
    visit_filled(origin.start, origin.size_bytes,
                 [&](std::uint64_t start, std::uint64_t size_bytes) { scan(start, size_bytes, kFreedByte); });
  scan(end, guard.whole.offset + guard.whole.size_bytes - end, kZoneByte);
  if (scan.finding.bytes == 0) return std::nullopt;
  return scan.finding;
}

std::optional<Finding> Sanitizer::retire(std::unique_ptr<Guard> guard) {
  {
    const std::lock_guard lock(mutex_);
    live_.erase(live_.iterator_to(*guard));
  }
  const std::optional<Finding> finding = inspect(*guard);
  if (guard->whole.size_bytes > kMaxQuarantinedBlockBytes) {
    release_(guard->whole);
    return finding;
  }
  guard->origin.freed = true;
  visit_filled(guard->origin.start, guard->origin.size_bytes, [this](std::uint64_t start, std::uint64_t size_bytes) {
    std::memset(view_ + start, kFreedByte, size_bytes);
  });
  List leaving;
  {
    const std::lock_guard lock(mutex_);
    quarantined_bytes_ += guard->whole.size_bytes;
    quarantine_.push_back(*guard.release());
    while (quarantined_bytes_ > kMaxQuarantineBytes || quarantine_.size() > kMaxQuarantineBlocks) {
      quarantined_bytes_ -= quarantine_.front().whole.size_bytes;
      leaving.splice(leaving.end(), quarantine_, quarantine_.begin());
    }
  }
  leave(leaving);
  return finding;
}

void Sanitizer::leave(List &leaving) {
  leaving.clear_and_dispose([this](Guard *guard) {
    const std::unique_ptr<Guard> gone(guard);
    if (const std::optional<Finding> finding = inspect(*gone)) {
      {
        const std::lock_guard lock(mutex_);
        left_damaged_.add(*finding);
      }
      found_(*finding);
    }
    release_(gone->whole);
  });
}

bool Sanitizer::flush() {
  List leaving;
  {
    const std::lock_guard lock(mutex_);
    leaving.swap(quarantine_);
    quarantined_bytes_ = 0;
  }
  const bool any = !leaving.empty();
  leave(leaving);
  return any;
}

Findings Sanitizer::check(What what) {
  Findings found;
  const std::lock_guard lock(mutex_);
  std::swap(found, left_damaged_);
  if (what == What::kNew) found = Findings();
  for (const List *list : {&live_, &quarantine_})
    for (const Guard &guard : *list)
      if (const std::optional<Finding> finding = inspect(guard)) found.add(*finding);
  return found;
}

void Sanitizer::clear() {
  const std::lock_guard lock(mutex_);
  live_.clear();
  quarantine_.clear_and_dispose(kDispose);
  quarantined_bytes_ = 0;
  left_damaged_ = Findings();
}

}  // namespace hal::sim
