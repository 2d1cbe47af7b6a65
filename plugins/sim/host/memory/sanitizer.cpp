// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/sanitizer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sim/host/memory/pattern.hpp"

namespace hal::sim {
namespace {

constexpr auto kDispose = [](Guard *guard) { delete guard; };

// Calls visit(offset, size) for each part of a range that is filled.
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

// Counts the bytes of a range that were changed, and repairs them.
struct Sanitizer::Scan {
  std::byte *view;
  std::uint64_t pattern_address;
  Damage damage;

  void operator()(std::uint64_t start, std::uint64_t size_bytes) {
    const Changes changes = repair_pattern(view + start, pattern_address + start, size_bytes);
    if (damage.bytes == 0) damage.first = start + changes.first;
    damage.bytes += changes.bytes;
  }
};

Sanitizer::Sanitizer(std::byte *view, std::function<void(const Block &)> release,
                     std::function<void(const Damage &)> report, std::uint64_t pattern_address)
    : view_(view), pattern_address_(pattern_address), release_(std::move(release)), report_(std::move(report)) {}

Sanitizer::~Sanitizer() { clear(); }

void Sanitizer::fill(std::uint64_t start, std::uint64_t size_bytes) {
  fill_pattern(view_ + start, pattern_address_ + start, size_bytes);
}

void Sanitizer::admit(Guard &guard, Fresh fresh) {
  const Origin &origin = guard.origin;
  const std::uint64_t end = origin.start + origin.size_bytes;
  fill(guard.whole.offset, origin.start - guard.whole.offset);
  fill(end, guard.whole.offset + guard.whole.size_bytes - end);
  if (fresh == Fresh::kFilled)
    visit_filled(origin.start, origin.size_bytes, [this](std::uint64_t start, std::uint64_t size_bytes) {
      std::memset(view_ + start, kFreshByte, size_bytes);
    });
  const std::lock_guard lock(mutex_);
  live_.push_back(guard);
}

// Scans in the order of addresses, so that Damage::first is the lowest one.
std::optional<Damage> Sanitizer::inspect(const Guard &guard) {
  const Origin &origin = guard.origin;
  const std::uint64_t whole_end = guard.whole.offset + guard.whole.size_bytes;
  std::uint64_t first_end = origin.start;  // of what is scanned at the start of the block
  std::uint64_t last_start = origin.start + origin.size_bytes;
  if (origin.freed && origin.size_bytes <= 2 * kEndBytes) {
    first_end = last_start;
  } else if (origin.freed) {
    first_end += kEndBytes;
    last_start -= kEndBytes;
  }
  Scan scan = {view_, pattern_address_, {origin, 0, 0}};
  if (first_end == last_start) {
    scan(guard.whole.offset, guard.whole.size_bytes);
  } else {
    scan(guard.whole.offset, first_end - guard.whole.offset);
    scan(last_start, whole_end - last_start);
  }
  if (scan.damage.bytes == 0) return std::nullopt;
  return scan.damage;
}

std::optional<Damage> Sanitizer::take(Guard &guard) {
  {
    const std::lock_guard lock(mutex_);
    live_.erase(live_.iterator_to(guard));
  }
  return inspect(guard);
}

std::optional<Damage> Sanitizer::remove(std::unique_ptr<Guard> guard) { return take(*guard); }

std::optional<Damage> Sanitizer::retire(std::unique_ptr<Guard> guard) {
  const std::optional<Damage> damage = take(*guard);
  if (guard->whole.size_bytes > kMaxQuarantinedBlockBytes) {
    release_(guard->whole);
    return damage;
  }
  guard->origin.freed = true;
  visit_filled(guard->origin.start, guard->origin.size_bytes,
               [this](std::uint64_t start, std::uint64_t size_bytes) { fill(start, size_bytes); });
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
  return damage;
}

void Sanitizer::leave(List &leaving) {
  leaving.clear_and_dispose([this](Guard *guard) {
    const std::unique_ptr<Guard> gone(guard);
    if (const std::optional<Damage> damage = inspect(*gone)) {
      {
        const std::lock_guard lock(mutex_);
        left_damaged_.add(*damage);
      }
      report_(*damage);
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

DamageReport Sanitizer::check(What what) {
  DamageReport report;
  const std::lock_guard lock(mutex_);
  std::swap(report, left_damaged_);
  if (what == What::kNew) report = DamageReport();
  for (const List *list : {&live_, &quarantine_})
    for (const Guard &guard : *list)
      if (const std::optional<Damage> damage = inspect(guard)) report.add(*damage);
  return report;
}

void Sanitizer::clear() {
  const std::lock_guard lock(mutex_);
  live_.clear();
  quarantine_.clear_and_dispose(kDispose);
  quarantined_bytes_ = 0;
  left_damaged_ = DamageReport();
}

}  // namespace hal::sim
