// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/arena.hpp"

#include <algorithm>
#include <utility>

#include "sim/host/memory/damage.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kGranularity = 64;
constexpr std::uint64_t kVendorRounding = 32;
constexpr std::uint64_t kKeptBytes = 64 * chips::kMiB;

}  // namespace

Arena::Arena(const chips::Chip &chip, const Options &options, std::uint32_t ordinal)
    : tail_bytes_(chip.allocation_tail_bytes),
      ordinal_(ordinal),
      capacity_(options.memory_bytes / kGranularity * kGranularity),
      lead_(options.sanitize ? Sanitizer::kZoneBytes : 0),
      file_(make_memory_file("hal-sim-arena", round_up(arena_room_bytes(options), page_bytes()))),
      view_(Mapping::of_file(file_, round_up(arena_room_bytes(options), page_bytes()), "device memory",
                             "HAL_SIM_MEMORY")),
      space_(arena_room_bytes(options), kGranularity) {
  if (!options.sanitize) return;
  const auto log = [this](const Damage &damage) {
    try {
      log_failure(damage_failure(damage, 0, ordinal_, base_));
    } catch (const std::bad_alloc &) {
      plugin::log(HAL_LOG_ERROR, "a kernel wrote to freed memory; the host has no memory left for details");
    }
  };
  sanitizer_ = std::make_unique<Sanitizer>(
      view_.data(), [this](const Block &block) { release_block(block); }, log);
}

// The bytes that the vendor's allocator would use for a request.
std::uint64_t Arena::counted_bytes(std::uint64_t size_bytes) const {
  if (size_bytes > capacity_) return UINT64_MAX;
  return round_up(round_up(size_bytes, kVendorRounding) + tail_bytes_, kGranularity);
}

bool Arena::take(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > capacity_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

std::optional<Block> Arena::find_place(std::uint64_t counted_bytes, std::uint64_t alignment_bytes) {
  const std::uint64_t whole = counted_bytes + 2 * lead_;
  const std::optional<Block> place = space_.allocate(whole, alignment_bytes, lead_);
  if (place || sanitizer_ == nullptr || !sanitizer_->flush()) return place;
  return space_.allocate(whole, alignment_bytes, lead_);
}

std::optional<Arena::Piece> Arena::allocate(const hal_mem_desc_t &desc, const char *kind) {
  Piece piece = {{0, desc.size_bytes}, counted_bytes(desc.size_bytes)};
  if (sanitizer_ != nullptr) piece.guard = std::make_unique<Guard>();
  if (!take(piece.counted_bytes)) return std::nullopt;
  const std::optional<Block> place = find_place(piece.counted_bytes, desc.alignment_bytes);
  if (!place) {
    used_.fetch_sub(piece.counted_bytes, std::memory_order_relaxed);
    return std::nullopt;
  }
  piece.block.offset = place->offset + lead_;
  if (sanitizer_ == nullptr) {
    piece.block.size_bytes = place->size_bytes;
    return piece;
  }
  piece.guard->origin = make_origin(desc, kind, piece.block.offset);
  piece.guard->whole = *place;
  sanitizer_->admit(*piece.guard, Sanitizer::Fresh::kFilled);
  return piece;
}

bool Arena::would_fit(std::uint64_t size_bytes, std::uint64_t alignment_bytes) {
  const std::uint64_t counted = counted_bytes(size_bytes);
  if (counted > free_bytes()) return false;
  const std::uint64_t whole = counted + 2 * lead_;
  return space_.would_fit(whole, alignment_bytes, lead_) ||
         (sanitizer_ != nullptr && sanitizer_->flush() && space_.would_fit(whole, alignment_bytes, lead_));
}

std::optional<plugin::Failure> Arena::release(Piece piece) {
  used_.fetch_sub(piece.counted_bytes, std::memory_order_relaxed);
  if (piece.guard == nullptr) {
    release_block(piece.block);
    return std::nullopt;
  }
  const std::optional<Damage> damage = sanitizer_->retire(std::move(piece.guard));
  if (!damage) return std::nullopt;
  return damage_failure(*damage, 0, ordinal_, base_);
}

// Keeps the pages for the next block, since new pages from the system are slow, until many are free.
void Arena::release_block(const Block &block) {
  space_.release(block);
  if (released_bytes_.fetch_add(block.size_bytes, std::memory_order_relaxed) + block.size_bytes < kKeptBytes) return;
  released_bytes_.store(0, std::memory_order_relaxed);
  space_.visit_released([this](const Block &free) { drop_pages(free); });
}

void Arena::drop_pages(const Block &block) {
  const std::uint64_t begin = round_up(block.offset, page_bytes());
  const std::uint64_t end = (block.offset + block.size_bytes) / page_bytes() * page_bytes();
  if (end > begin) release_pages(file_, begin, end - begin);
}

void Arena::check() {
  if (sanitizer_ == nullptr)
    throw plugin::Failure(HAL_ERR_UNSUPPORTED, "device memory is not checked: HAL_SIM_SANITIZE is 0",
                          "unset HAL_SIM_SANITIZE, or set it to 1, before the backend is loaded");
  const DamageReport report = sanitizer_->check();
  if (report.count > 0) throw damage_failure(report.listed.front(), report.count - 1, ordinal_, base_);
}

void Arena::log_damage() noexcept {
  if (sanitizer_ != nullptr) sim::log_damage(*sanitizer_, ordinal_, base_);
}

void Arena::clear() {
  if (sanitizer_ != nullptr) sanitizer_->clear();
  space_.clear();
  used_.store(0, std::memory_order_relaxed);
  release_pages(file_, 0, view_.size_bytes());
}

}  // namespace hal::sim
