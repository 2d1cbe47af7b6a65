// SPDX-License-Identifier: Apache-2.0
#include "sim/host/memory/window.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include "sim/host/memory/damage.hpp"

namespace hal::sim {
namespace {

// Patterns of the window differ from those of device memory at the same offset.
constexpr std::uint64_t kPatternAddress = std::uint64_t{1} << 60;

std::uint64_t file_bytes(std::uint64_t window_bytes) {
  return window_bytes + round_up(wire::PageMap::bytes_of(window_bytes / page_bytes()), page_bytes());
}

// A fifth of the mappings that the system allows a process is left to kernels and their libraries.
std::uint64_t most_guarded_blocks() {
  std::uint64_t mappings = 0;
  if (!(std::ifstream("/proc/sys/vm/max_map_count") >> mappings)) mappings = 65530;  // the default of the system
  return mappings / 5 * 4 / 2;
}

}  // namespace

Window::Window(const Options &options, std::uint32_t ordinal)
    : ordinal_(ordinal),
      capacity_(round_up(options.mapped_bytes, page_bytes())),
      bytes_(round_up(window_room_bytes(options), page_bytes())),
      most_guarded_(most_guarded_blocks()),
      own_process_(options.own_process),
      open_(!options.own_process),
      warned_(!options.own_process),
      file_(make_memory_file("hal-sim-window", file_bytes(bytes_))),
      view_(Mapping::of_file(file_, file_bytes(bytes_), "the shared window", "HAL_SIM_MAPPED_MEMORY")),
      pages_(view_.data() + bytes_, bytes_ / page_bytes()),
      space_(bytes_, page_bytes()) {
  if (options.sanitize)
    sanitizer_ = std::make_unique<Sanitizer>(
        view_.data(), [](const Block &) {}, [](const Damage &) {}, kPatternAddress);
}

bool Window::take(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > capacity_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

void Window::warn_once(const char *text) noexcept {
  if (warned_.exchange(true)) return;
  try {
    const char *result = sanitizer_ != nullptr
                             ? "writes past the end of some mapped memory are found when it is freed or "
                               "checked, and reads are not found"
                             : "accesses past the end of some mapped memory are not found";
    plugin::log(HAL_LOG_WARN, "device " + std::to_string(ordinal_) + ": " + text + "; " + result +
                                  "; raise vm.max_map_count (sysctl)");
  } catch (const std::bad_alloc &) {  // then without the line
  }
}

bool Window::take_guard() {
  if (open_.load(std::memory_order_relaxed)) return false;
  if (guarded_.fetch_add(1, std::memory_order_relaxed) < most_guarded_) return true;
  guarded_.fetch_sub(1, std::memory_order_relaxed);
  warn_once("too many blocks of mapped memory for a guard page after each one");
  return false;
}

void Window::set_open() noexcept {
  if (open_.exchange(true)) return;
  warn_once("the system has no mappings left for guard pages in the device process");
}

void Window::watch(Piece &piece, const hal_mem_desc_t &desc, const char *kind) {
  const std::uint64_t end = piece.block.size_bytes + (piece.guarded ? 0 : page_bytes());
  if (sanitizer_ == nullptr || end == desc.size_bytes) return;
  piece.guard = std::make_unique<Guard>();
  piece.guard->whole = {piece.block.offset, end};
  piece.guard->origin = make_origin(desc, kind, piece.block.offset);
  sanitizer_->admit(*piece.guard, Sanitizer::Fresh::kKept);
}

std::optional<Window::Piece> Window::allocate(const hal_mem_desc_t &desc, const char *kind) {
  if (desc.size_bytes > capacity_) return std::nullopt;
  const std::uint64_t size = round_up(desc.size_bytes, page_bytes());
  if (!take(size)) return std::nullopt;
  std::optional<Block> place;
  Piece piece = {};
  try {
    place = space_.allocate(size + page_bytes(), 0);
    if (place) {
      piece.block = {place->offset, size};
      piece.guarded = take_guard();
      watch(piece, desc, kind);
    }
  } catch (...) {
    if (place) {
      release(piece);
    } else {
      used_.fetch_sub(size, std::memory_order_relaxed);
    }
    throw;
  }
  if (!place) {
    used_.fetch_sub(size, std::memory_order_relaxed);
    return std::nullopt;
  }
  const std::uint64_t first = place->offset / page_bytes();
  const std::uint64_t end = first + size / page_bytes();
  pages_.set(first, end - first + (piece.guarded ? 0 : 1), true);
  // The device process looks again at the guard page, which may be accessible from an earlier block.
  if (piece.guarded && wire::PageMap::starts_chunk(end)) pages_.set(end, 1, false);
  return piece;
}

bool Window::would_fit(std::uint64_t size_bytes) {
  return size_bytes <= free_bytes() && round_up(size_bytes, page_bytes()) <= free_bytes() &&
         space_.would_fit(round_up(size_bytes, page_bytes()) + page_bytes(), 0);
}

std::optional<plugin::Failure> Window::inspect(Piece &piece) {
  if (piece.guard == nullptr) return std::nullopt;
  const std::optional<Damage> damage = sanitizer_->remove(std::move(piece.guard));
  if (!damage) return std::nullopt;
  return damage_failure(*damage, 0, ordinal_, base_);
}

void Window::release(const Piece &piece) noexcept {
  const Block whole = {piece.block.offset, piece.block.size_bytes + page_bytes()};
  pages_.set(whole.offset / page_bytes(), whole.size_bytes / page_bytes(), false);
  if (piece.guarded) guarded_.fetch_sub(1, std::memory_order_relaxed);
  release_pages(file_, whole.offset, whole.size_bytes);
  used_.fetch_sub(piece.block.size_bytes, std::memory_order_relaxed);
  space_.release(whole);
}

void Window::check() {
  if (sanitizer_ == nullptr) return;
  const DamageReport report = sanitizer_->check();
  if (report.count > 0) throw damage_failure(report.listed.front(), report.count - 1, ordinal_, base_);
}

void Window::log_damage() noexcept {
  if (sanitizer_ != nullptr) sim::log_damage(*sanitizer_, ordinal_, base_);
}

void Window::clear() {
  if (sanitizer_ != nullptr) sanitizer_->clear();
  space_.clear();
  used_.store(0, std::memory_order_relaxed);
  guarded_.store(0, std::memory_order_relaxed);
  open_.store(!own_process_);
  release_pages(file_, 0, bytes_);
}

}  // namespace hal::sim
