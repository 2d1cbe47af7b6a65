// SPDX-License-Identifier: Apache-2.0
//
// Handles: type | generation | index + 1, checked and pinned without a lock.
//
// A pinned object stays valid. To close it, a thread must claim its slot, which fails while another thread has it
// pinned. A claimed slot becomes live again, or it is released and its handle is stale from then on.
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

  // Reserves a slot, so that publish cannot fail. May throw std::bad_alloc.
  std::uint32_t reserve();
  void cancel(std::uint32_t index) noexcept;
  // The handle that publish will make valid.
  std::uint64_t handle_of(std::uint32_t index, HandleType type) const noexcept;
  void publish(std::uint32_t index, HandleType type, void *object) noexcept;

  // A pin and its unpin cost two atomic operations.
  PinAnswer pin(std::uint64_t handle, HandleType type, void **object) noexcept;
  void unpin(std::uint64_t handle) noexcept;

  // Claims a live slot if the caller's own_pins are its only pins.
  bool claim(std::uint64_t handle, std::uint32_t own_pins) noexcept;
  void unclaim(std::uint64_t handle) noexcept;
  // Frees a claimed slot and the pins of the claiming thread.
  void release(std::uint64_t handle) noexcept;

 private:
  // One cache line each, so that pins of different objects do not share one.
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> word;  // type 8 | generation 24 | state 8 | pins 24
    void *object;
    std::uint32_t next_free;
  };

  static constexpr std::uint32_t kFirstChunkSlots = 256;
  static constexpr std::uint32_t kChunks = 23;
  // At least this many slots are free before one is used again, so that generations repeat late.
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

// The table of the process. It is never destroyed.
HandleTable &handles() noexcept;

// A reserved slot. The destructor cancels it unless it was published.
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

// Records why a handle was refused; argument is the name of the public parameter.
hal_status_t fail_handle(PinAnswer answer, HandleType wanted, std::uint64_t handle, const char *argument);

// Pins the object of a handle while this exists. T has Handle and kType.
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

  // Records no failure.
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

  // Claims the object; false if another thread is inside a call on it.
  bool claim() noexcept { return handles().claim(value_, 1); }
  void unclaim() noexcept { handles().unclaim(value_); }
  // Makes the handle of a claimed object stale. The caller must delete the object.
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
