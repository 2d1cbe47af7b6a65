// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "diagnostics/log.hpp"
#include "objects/device_children.hpp"
#include "objects/executable.hpp"
#include "objects/memory.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

// A device and all its objects; other threads cannot use them while this exists.
class ClaimedDevice {
 public:
  explicit ClaimedDevice(Pin<Device> &pin) : pin_(pin) {}
  ~ClaimedDevice() {
    for (Executable *executable : executables_) executable->unclaim_kernels();
    for (const std::uint64_t handle : handles_) handles().unclaim(handle);
    if (claimed_) pin_.unclaim();
  }
  ClaimedDevice(const ClaimedDevice &) = delete;
  ClaimedDevice &operator=(const ClaimedDevice &) = delete;

  // False if another thread is inside a call; the destructor then releases what was claimed.
  bool claim() {
    claimed_ = pin_.claim();
    if (!claimed_) return false;
    bool all = claim_one(pin_->own_stream());
    pin_->children().visit([&](auto &memories, auto &streams, auto &executables) {
      // Reserve first: a claimed handle that is not stored would stay claimed.
      handles_.reserve(1 + memories.size() + streams.size() + executables.size());
      executables_.reserve(executables.size());
      for (Memory &memory : memories) all = all && claim_one(memory);
      for (Stream &stream : streams) all = all && claim_one(stream);
      for (Executable &executable : executables) all = all && claim_executable(executable);
    });
    return all;
  }

  // Other threads may get the addresses of host memory as soon as the backend releases it.
  void leave_host_ranges() {
    pin_->children().visit([](auto &memories, auto &, auto &) {
      for (Memory &memory : memories) host_ranges().leave(memory.process_range());
    });
  }
  void restore_host_ranges() {
    pin_->children().visit([](auto &memories, auto &, auto &) {
      for (Memory &memory : memories) host_ranges().enter(memory.process_range());
    });
  }

  // Releases the handles of all children and deletes them. The own stream stays claimed.
  void release_children() {
    pin_->addresses().clear();
    for (Executable *executable : executables_) executable->release_kernels();
    executables_.clear();
    pin_->children().visit([](auto &memories, auto &streams, auto &executables) {
      for (Memory &memory : memories) host_ranges().remove(memory.process_range());
      release_all(memories);
      release_all(streams);
      release_all(executables);
    });
    handles_.assign(1, pin_->own_stream().handle());
  }

 private:
  template <typename T>
  bool claim_one(const T &object) {
    if (!handles().claim(object.handle(), 0)) return false;
    handles_.push_back(object.handle());
    return true;
  }

  bool claim_executable(Executable &executable) {
    if (!claim_one(executable) || !executable.claim_kernels()) return false;
    executables_.push_back(&executable);
    return true;
  }

  template <typename List>
  static void release_all(List &list) {
    list.clear_and_dispose([](auto *object) {
      handles().release(object->handle());
      delete object;
    });
  }

  Pin<Device> &pin_;
  bool claimed_ = false;
  std::vector<std::uint64_t> handles_;
  std::vector<Executable *> executables_;
};

std::uint64_t done_so_far(Stream &stream) {
  const QuietErrors quiet;
  std::uint64_t completed = 0;
  (void)stream.query(&completed);
  return completed;
}

// The handle stays valid. Tickets that were not done are CANCELLED from now on.
hal_status_t restart_own_stream(Device &device, std::uint64_t done_before) {
  hal_pstream_t pstream = nullptr;
  const hal_status_t status = create_plugin_stream(device, 0, &pstream);
  device.own_stream().restart(status == HAL_OK ? pstream : nullptr, done_before);
  if (status != HAL_ERR_FAILED_PRECONDITION) return status;
  // From a reset, FAILED_PRECONDITION means that nothing has changed. That is not so here.
  ErrorRecord failure = last_error();
  failure.status = HAL_ERR_INTERNAL;
  restore_error(failure);
  return failure.status;
}

}  // namespace

hal_status_t reset_device(Pin<Device> &pin) {
  if (pin->plugin().ops().device_reset == nullptr) return pin->plugin().fail_missing("device_reset");
  ClaimedDevice claimed(pin);
  if (!claimed.claim())
    return fail(HAL_ERR_BUSY,
                fmt::format("another thread is inside a call on device {} or on an object of it", pin->name()),
                "finish the calls on a device before resetting it");
  const std::uint64_t done_before = done_so_far(pin->own_stream());
  const std::string released = log_enabled(HAL_LOG_INFO) ? pin->children().describe() : std::string();
  claimed.leave_host_ranges();
  const hal_status_t status = guarded([&] { return pin->call<&Ops::device_reset>("device_reset"); });
  if (status == HAL_ERR_FAILED_PRECONDITION) {  // refused; nothing has changed
    claimed.restore_host_ranges();
    return status;
  }
  claimed.release_children();  // the backend has released them, also if the reset failed
  pin->set_lost(status != HAL_OK);
  log(HAL_LOG_INFO, "device {} {}; objects released: {}", pin->name(),
      status == HAL_OK ? "was reset" : "could not be reset and is lost", released.empty() ? "none" : released);
  if (status == HAL_OK) return restart_own_stream(*pin, done_before);
  pin->own_stream().restart(nullptr, done_before);
  return status;
}

}  // namespace hal::core
