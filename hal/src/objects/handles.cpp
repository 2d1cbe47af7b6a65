// SPDX-License-Identifier: Apache-2.0
#include "objects/handles.hpp"

#include <fmt/format.h>

#include <bit>
#include <new>

#include "diagnostics/error.hpp"

namespace hal::core {
namespace {

constexpr std::uint32_t kNoSlot = UINT32_MAX;
constexpr std::uint64_t kPinMask = 0xFFFFFF;
constexpr std::uint32_t kGenerationMask = 0xFFFFFF;
constexpr std::uint64_t kHeaderMask = 0xFFFFFFFF00000000;  // type and generation, as in the handle

enum State : std::uint64_t { kFree = 0, kLive = 1, kClaimed = 2 };

constexpr std::uint64_t make_header(HandleType type, std::uint32_t generation) {
  return std::uint64_t{static_cast<std::uint8_t>(type)} << 56 | std::uint64_t{generation} << 32;
}
constexpr std::uint32_t generation_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 32) & kGenerationMask;
}
constexpr std::uint64_t with_state(std::uint64_t header, State state) { return header | state << 24; }
constexpr std::uint32_t index_of(std::uint64_t handle) { return static_cast<std::uint32_t>(handle) - 1; }
constexpr std::uint8_t type_of(std::uint64_t handle) { return static_cast<std::uint8_t>(handle >> 56); }

constexpr std::uint32_t next_generation(std::uint32_t generation) {
  return generation == kGenerationMask ? 1 : generation + 1;
}

}  // namespace

const char *handle_type_name(HandleType type) noexcept {
  switch (type) {
    case HandleType::kBackend:
      return "backend";
    case HandleType::kDevice:
      return "device";
    case HandleType::kStream:
      return "stream";
    case HandleType::kMem:
      return "mem";
    case HandleType::kExecutable:
      return "executable";
    case HandleType::kKernel:
      return "kernel";
    case HandleType::kNone:
      break;
  }
  return "unknown";
}

HandleTable::~HandleTable() {
  for (auto &chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
}

HandleTable::Slot *HandleTable::find(std::uint32_t index) const noexcept {
  // Chunk k has kFirstChunkSlots << k slots, and chunks never move.
  const std::uint32_t chunk = static_cast<std::uint32_t>(std::bit_width(index / kFirstChunkSlots + 1)) - 1;
  const std::uint32_t first = ((1u << chunk) - 1) * kFirstChunkSlots;
  return chunks_[chunk].load(std::memory_order_acquire) + (index - first);
}

std::uint32_t HandleTable::grow() {
  const std::uint32_t index = slot_count_.load(std::memory_order_relaxed);
  const std::uint32_t chunk = static_cast<std::uint32_t>(std::bit_width(index / kFirstChunkSlots + 1)) - 1;
  if (chunk >= kChunks) throw std::bad_alloc();
  if (chunks_[chunk].load(std::memory_order_relaxed) == nullptr)
    chunks_[chunk].store(new Slot[std::size_t{kFirstChunkSlots} << chunk](), std::memory_order_release);
  find(index)->word.store(with_state(make_header(HandleType::kNone, 1), kFree), std::memory_order_relaxed);
  slot_count_.store(index + 1, std::memory_order_release);
  return index;
}

std::uint32_t HandleTable::reserve() {
  const std::lock_guard lock(mutex_);
  if (free_count_ <= kRestingSlots) return grow();
  const std::uint32_t index = free_head_;
  free_head_ = find(index)->next_free;
  --free_count_;
  return index;
}

void HandleTable::cancel(std::uint32_t index) noexcept {
  const std::lock_guard lock(mutex_);
  find(index)->next_free = kNoSlot;
  if (free_count_ == 0)
    free_head_ = index;
  else
    find(free_tail_)->next_free = index;
  free_tail_ = index;
  ++free_count_;
}

std::uint64_t HandleTable::handle_of(std::uint32_t index, HandleType type) const noexcept {
  const std::uint32_t generation = generation_of(find(index)->word.load(std::memory_order_relaxed));
  return make_header(type, generation) | (std::uint64_t{index} + 1);
}

void HandleTable::publish(std::uint32_t index, HandleType type, void *object) noexcept {
  Slot *slot = find(index);
  const std::uint32_t generation = generation_of(slot->word.load(std::memory_order_relaxed));
  slot->object = object;
  slot->word.store(with_state(make_header(type, generation), kLive), std::memory_order_release);
}

PinAnswer HandleTable::pin(std::uint64_t handle, HandleType type, void **object) noexcept {
  if (handle == 0) return PinAnswer::kNull;
  const std::uint32_t index = index_of(handle);
  if (index >= slot_count_.load(std::memory_order_acquire)) return PinAnswer::kForeign;
  if (type_of(handle) != static_cast<std::uint8_t>(type)) {
    const std::uint8_t given = type_of(handle);
    return given == 0 || given > static_cast<std::uint8_t>(HandleType::kKernel) ? PinAnswer::kForeign
                                                                                : PinAnswer::kWrongType;
  }
  Slot *slot = find(index);
  const std::uint64_t live = with_state(handle & kHeaderMask, kLive);
  std::uint64_t word = slot->word.load(std::memory_order_relaxed);
  do {
    if ((word & ~kPinMask) != live) [[unlikely]] {
      const bool claimed = (word & ~kPinMask) == with_state(handle & kHeaderMask, kClaimed);
      return claimed ? PinAnswer::kClaimed : PinAnswer::kStale;
    }
  } while (!slot->word.compare_exchange_weak(word, word + 1, std::memory_order_acquire, std::memory_order_relaxed));
  *object = slot->object;
  return PinAnswer::kOk;
}

void HandleTable::unpin(std::uint64_t handle) noexcept {
  find(index_of(handle))->word.fetch_sub(1, std::memory_order_release);
}

bool HandleTable::claim(std::uint64_t handle, std::uint32_t own_pins) noexcept {
  const std::uint64_t header = handle & kHeaderMask;
  std::uint64_t expected = with_state(header, kLive) | own_pins;
  return find(index_of(handle))
      ->word.compare_exchange_strong(expected, with_state(header, kClaimed) | own_pins, std::memory_order_acq_rel);
}

void HandleTable::unclaim(std::uint64_t handle) noexcept {
  auto &word = find(index_of(handle))->word;
  const std::uint64_t pins = word.load(std::memory_order_relaxed) & kPinMask;
  word.store(with_state(handle & kHeaderMask, kLive) | pins, std::memory_order_release);
}

void HandleTable::release(std::uint64_t handle) noexcept {
  const std::uint32_t index = index_of(handle);
  Slot *slot = find(index);
  slot->object = nullptr;
  slot->word.store(with_state(make_header(HandleType::kNone, next_generation(generation_of(handle))), kFree),
                   std::memory_order_release);
  cancel(index);
}

HandleTable &handles() noexcept {
  static HandleTable &table = *new HandleTable;
  return table;
}

hal_status_t fail_handle(PinAnswer answer, HandleType wanted, std::uint64_t handle, const char *argument) {
  const char *name = handle_type_name(wanted);
  switch (answer) {
    case PinAnswer::kNull:
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} is NULL; a {} handle is needed", argument, name),
                  "pass a handle that libhal returned");
    case PinAnswer::kWrongType:
      return fail(HAL_ERR_INVALID_ARGUMENT,
                  fmt::format("{} {:#x} is a {} handle, not a {} handle", argument, handle,
                              handle_type_name(static_cast<HandleType>(type_of(handle))), name),
                  "pass a handle of the right type");
    case PinAnswer::kStale:
      return fail(HAL_ERR_INVALID_ARGUMENT,
                  fmt::format("{} {:#x} is stale: that {} no longer exists", argument, handle, name),
                  "do not use a handle after its object is closed, freed or reset");
    case PinAnswer::kClaimed:
      return fail(HAL_ERR_BUSY,
                  fmt::format("{} {:#x}: another thread is closing or resetting that {}", argument, handle, name),
                  "finish the calls on an object before closing it");
    case PinAnswer::kForeign:
    case PinAnswer::kOk:
      break;
  }
  return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} {:#x} is not a handle of libhal", argument, handle),
              "pass a handle that libhal returned");
}

}  // namespace hal::core
