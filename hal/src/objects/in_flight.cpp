// SPDX-License-Identifier: Apache-2.0
#include "objects/in_flight.hpp"

#include "objects/handles.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

constexpr std::uint64_t kBeingTaken = UINT64_MAX;  // no handle has this value

bool is_gone(std::uint64_t stream) noexcept {
  if (stream == kBeingTaken) return false;
  Pin<Stream> pin;
  return stream == 0 || pin.try_acquire(stream) == PinAnswer::kStale;
}

}  // namespace

InFlight::~InFlight() {
  for (Block *block = first_.next.load(std::memory_order_relaxed); block != nullptr;) {
    Block *next = block->next.load(std::memory_order_relaxed);
    delete block;
    block = next;
  }
}

InFlight::Entry *InFlight::find(std::uint64_t stream) noexcept {
  for (Block *block = &first_; block != nullptr; block = block->next.load(std::memory_order_acquire))
    for (Entry &entry : block->entries)
      if (entry.stream.load(std::memory_order_acquire) == stream) return &entry;
  return nullptr;
}

InFlight::Entry *InFlight::take_free(std::uint64_t stream) noexcept {
  for (Block *block = &first_; block != nullptr; block = block->next.load(std::memory_order_acquire))
    for (Entry &entry : block->entries) {
      std::uint64_t seen = entry.stream.load(std::memory_order_acquire);
      if (!is_gone(seen) || !entry.stream.compare_exchange_strong(seen, kBeingTaken)) continue;
      entry.ticket.store(0, std::memory_order_relaxed);
      entry.stream.store(stream, std::memory_order_release);
      return &entry;
    }
  return nullptr;
}

void InFlight::grow() {
  auto *block = new Block;
  std::atomic<Block *> *end = &first_.next;
  for (Block *next = nullptr; !end->compare_exchange_strong(next, block, std::memory_order_acq_rel); next = nullptr)
    end = &next->next;
}

InFlight::Entry &InFlight::entry_for(std::uint64_t stream) {
  if (Entry *entry = find(stream)) [[likely]]
    return *entry;
  for (;;) {
    if (Entry *entry = take_free(stream)) return *entry;
    grow();
  }
}

void InFlight::note(Entry &entry, std::uint64_t ticket) noexcept { raise_to(entry.ticket, ticket); }

std::optional<Holder> InFlight::holder() {
  for (Block *block = &first_; block != nullptr; block = block->next.load(std::memory_order_acquire))
    for (Entry &entry : block->entries) {
      const std::uint64_t stream = entry.stream.load(std::memory_order_acquire);
      const std::uint64_t ticket = entry.ticket.load(std::memory_order_relaxed);
      if (stream == 0 || ticket == 0) continue;
      Pin<Stream> pin;
      const PinAnswer answer = pin.try_acquire(stream);
      const bool closing = answer == PinAnswer::kClaimed;
      if (closing || (answer == PinAnswer::kOk && !pin->is_done(ticket)))
        return Holder{make_handle<hal_stream_t>(stream), ticket};
    }
  return std::nullopt;
}

}  // namespace hal::core
