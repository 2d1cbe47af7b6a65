// SPDX-License-Identifier: Apache-2.0
//
// Handles: type | generation | index + 1, checked and pinned without a lock.
//
// A pinned object cannot go away: whoever wants to close it must first claim its slot, which works only while nobody
// else has it pinned. A claimed slot goes back to live, or is released and its handle is stale for good.
#ifndef HAL_SRC_OBJECTS_HANDLES_HPP_
#define HAL_SRC_OBJECTS_HANDLES_HPP_

#include <atomic>
#include <cstdint>
#include <mutex>

#include "hal/hal.h"

namespace hal::core {

enum class HandleType : std::uint8_t { kNone, kBackend, kDevice, kStream, kMem, kExecutable, kKernel };

const char *handle_type_name(HandleType type) noexcept;

enum class PinAnswer { kOk, kNull, kForeign, kWrongType, kStale, kClaimed };

class HandleTable {
 public:
  HandleTable() = default;
  ~HandleTable();
  HandleTable(const HandleTable &) = delete;
  HandleTable &operator=(const HandleTable &) = delete;

  // Takes a slot, so that publishing cannot fail. May throw std::bad_alloc.
  std::uint32_t reserve();
  void cancel(std::uint32_t index) noexcept;
  // What publish will give: objects learn their handle before others can see it.
  std::uint64_t handle_of(std::uint32_t index, HandleType type) const noexcept;
  void publish(std::uint32_t index, HandleType type, void *object) noexcept;

  // Two atomic operations per pin and unpin together.
  PinAnswer pin(std::uint64_t handle, HandleType type, void **object) noexcept;
  void unpin(std::uint64_t handle) noexcept;

  // Shuts others out if the caller's own_pins are the only ones. Only a live slot can be claimed.
  bool claim(std::uint64_t handle, std::uint32_t own_pins) noexcept;
  void unclaim(std::uint64_t handle) noexcept;
  // Ends a claimed slot, with whatever pins the claimer held.
  void release(std::uint64_t handle) noexcept;

 private:
  // One cache line each: threads that pin different objects do not disturb each other.
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> word;  // type 8 | generation 24 | state 8 | pins 24
    void *object;
    std::uint32_t next_free;
  };

  static constexpr std::uint32_t kFirstChunkSlots = 256;
  static constexpr std::uint32_t kChunks = 23;
  // A slot rests this long before it is used again, so that a generation takes long to come round.
  static constexpr std::uint32_t kRestingSlots = 512;

  Slot *find(std::uint32_t index) const noexcept;
  std::uint32_t grow();

  std::atomic<Slot *> chunks_[kChunks] = {};
  std::atomic<std::uint32_t> slot_count_{0};
  std::mutex mutex_;  // free list and growth
  std::uint32_t free_head_ = 0;
  std::uint32_t free_tail_ = 0;
  std::uint32_t free_count_ = 0;
};

// The process's table; lives for ever.
HandleTable &handles() noexcept;

// A slot on its way to being published; given back if that never happens.
class SlotReservation {
 public:
  explicit SlotReservation(HandleType type) : type_(type), index_(handles().reserve()) {}
  ~SlotReservation() {
    if (!published_) handles().cancel(index_);
  }
  SlotReservation(const SlotReservation &) = delete;
  SlotReservation &operator=(const SlotReservation &) = delete;

  std::uint64_t handle() const noexcept { return handles().handle_of(index_, type_); }
  void publish(void *object) noexcept {
    handles().publish(index_, type_, object);
    published_ = true;
  }

 private:
  HandleType type_;
  std::uint32_t index_;
  bool published_ = false;
};

template <typename Handle>
std::uint64_t handle_value(Handle handle) noexcept {
  return reinterpret_cast<std::uint64_t>(handle);
}

template <typename Handle>
Handle make_handle(std::uint64_t value) noexcept {
  return reinterpret_cast<Handle>(value);
}

// Says why a handle was not accepted; argument is the public parameter's name.
hal_status_t fail_handle(PinAnswer answer, HandleType wanted, std::uint64_t handle, const char *argument);

// The object of a handle, kept alive while this lives. T has Handle and kType.
template <typename T>
class Pin {
 public:
  Pin() = default;
  Pin(typename T::Handle handle, const char *argument) { (void)acquire(handle, argument); }
  ~Pin() { reset(); }
  Pin(const Pin &) = delete;
  Pin &operator=(const Pin &) = delete;

  hal_status_t acquire(typename T::Handle handle, const char *argument) {
    const PinAnswer answer = try_acquire(handle_value(handle));
    if (answer != PinAnswer::kOk) [[unlikely]]
      status_ = fail_handle(answer, T::kType, handle_value(handle), argument);
    return status_;
  }

  // Without a failure on record.
  PinAnswer try_acquire(std::uint64_t value) noexcept {
    void *object = nullptr;
    const PinAnswer answer = handles().pin(value, T::kType, &object);
    if (answer == PinAnswer::kOk) {
      value_ = value;
      object_ = static_cast<T *>(object);
      status_ = HAL_OK;
    }
    return answer;
  }

  void reset() noexcept {
    if (object_ != nullptr) handles().unpin(value_);
    object_ = nullptr;
  }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  hal_status_t status() const noexcept { return status_; }
  T *get() const noexcept { return object_; }
  T *operator->() const noexcept { return object_; }
  T &operator*() const noexcept { return *object_; }

  // Shuts other threads out; false if one is inside.
  bool claim() noexcept { return handles().claim(value_, 1); }
  void unclaim() noexcept { handles().unclaim(value_); }
  // Makes the handle of a claimed object stale; the object is the caller's to delete.
  T *release() noexcept {
    handles().release(value_);
    T *object = object_;
    object_ = nullptr;
    return object;
  }

 private:
  std::uint64_t value_ = 0;
  T *object_ = nullptr;
  hal_status_t status_ = HAL_ERR_INVALID_ARGUMENT;
};

}  // namespace hal::core

#endif  // HAL_SRC_OBJECTS_HANDLES_HPP_
