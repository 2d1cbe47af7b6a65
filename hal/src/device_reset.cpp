// SPDX-License-Identifier: Apache-2.0
#include "device_reset.hpp"

#include <fmt/format.h>

#include <vector>

#include "api.hpp"
#include "device_children.hpp"
#include "executable.hpp"
#include "log.hpp"
#include "memory.hpp"
#include "stream.hpp"

namespace hal::core {
namespace {

// Everything of a device, with other threads shut out until this dies.
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

  // False if a thread is inside a call; what was claimed until then is given back.
  bool claim() {
    claimed_ = pin_.claim();
    if (!claimed_) return false;
    bool all = claim_one(pin_->own_stream());
    pin_->children().visit([&](auto &memories, auto &streams, auto &executables) {
      // Room first: nothing may fail between claiming and remembering.
      handles_.reserve(1 + memories.size() + streams.size() + executables.size());
      executables_.reserve(executables.size());
      for (Memory &memory : memories) all = all && claim_one(memory);
      for (Stream &stream : streams) all = all && claim_one(stream);
      for (Executable &executable : executables) all = all && claim_executable(executable);
    });
    return all;
  }

  // Ends the handles of all children and forgets them; the own stream stays claimed.
  void release_children() {
    pin_->addresses().clear();
    for (Executable *executable : executables_) executable->release_kernels();
    executables_.clear();
    pin_->children().visit([](auto &memories, auto &streams, auto &executables) {
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

// Its handle stays; tickets that were not done are CANCELLED from now on.
hal_status_t restart_own_stream(Device &device, std::uint64_t done_before) {
  hal_pstream_t pstream = nullptr;
  const hal_status_t status = create_plugin_stream(device, 0, &pstream);
  device.own_stream().restart(status == HAL_OK ? pstream : nullptr, done_before);
  if (status != HAL_ERR_FAILED_PRECONDITION) return status;
  ErrorRecord story = last_error();  // to the caller of a reset that status says that nothing has been touched
  story.status = HAL_ERR_INTERNAL;
  restore_error(story);
  return story.status;
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
  const std::string gone = log_enabled(HAL_LOG_INFO) ? pin->children().describe() : std::string();
  const hal_status_t status = guarded([&] { return pin->call<&Ops::device_reset>("device_reset"); });
  if (status == HAL_ERR_FAILED_PRECONDITION) return status;  // refused before anything was touched
  claimed.release_children();                                // the backend has released them, also if it failed
  pin->set_lost(status != HAL_OK);
  log(HAL_LOG_INFO, "device {} was reset{}; gone with it: {}", pin->name(),
      status == HAL_OK ? "" : " and did not come back", gone.empty() ? "nothing, it was empty" : gone);
  if (status == HAL_OK) return restart_own_stream(*pin, done_before);
  pin->own_stream().restart(nullptr, done_before);
  return status;
}

}  // namespace hal::core
