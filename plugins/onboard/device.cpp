// SPDX-License-Identifier: Apache-2.0
#include "onboard/device.hpp"

#include "onboard/identity.hpp"

namespace hal::onboard {
namespace {

// Whether the device's default context exists; nullopt if this release cannot report it.
std::optional<bool> is_active(const VendorApi &api, std::uint32_t ordinal) {
  std::uint32_t flags = 0;
  std::int32_t active = 0;
  if (!api.primary_context_state) return std::nullopt;
  if (api.primary_context_state(static_cast<std::int32_t>(ordinal), &flags, &active) == kOk) return active != 0;
  drop_recent_error(api);
  return std::nullopt;
}

std::uint32_t count_devices(const VendorApi &api) {
  std::uint32_t count = 0;
  check(
      api, api.device_count, [] { return std::string(); }, &count);
  return count;
}

}  // namespace

Device::Device(const chips::Chip &chip, std::uint32_t ordinal) : api_(runtime_.api()), chip_(chip), ordinal_(ordinal) {
  check_ordinal();
  set_device();
  native_api_ = describe(api_);
}

void Device::check_ordinal() const {
  if (const std::uint32_t count = count_devices(api_); ordinal_ >= count)
    throw plugin::Failure(
        HAL_ERR_NOT_FOUND,
        "there is no device " + std::to_string(ordinal_) + "; the runtime reports " + std::to_string(count),
        "check ASCEND_RT_VISIBLE_DEVICES, which renumbers the devices from 0");
}

void Device::set_device() {
  const std::optional<bool> active = is_active(api_, ordinal_);
  shared_ = active ? *active : Runtime::instance().shared();
  plugin::fault_point("onboard.set_device");
  CallerContext caller(api_);
  check(
      api_, api_.set_device, [this] { return "device " + std::to_string(ordinal_); },
      static_cast<std::int32_t>(ordinal_));
  holds_device_ = true;
  try {
    check(
        api_, api_.get_context, [this] { return "after setting device " + std::to_string(ordinal_); }, &context_);
    identify();
  } catch (...) {
    if (caller.get() == context_ && !shared_) caller.forget();
    reset_device();
    throw;
  }
}

void Device::identify() {
  soc_ = read_soc(api_);
  std::string objection = soc_objection(chip_, soc_, plugin::option_text("ACCEPT_SOC"));
  if (objection.empty())
    if (const auto arch = read_arch(api_, ordinal_)) objection = arch_objection(chip_, soc_, *arch);
  if (!objection.empty())
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, "device " + std::to_string(ordinal_) + ": " + objection,
                          "use the backend for that chip; run halprobe to list the backends");
  name_ = soc_;
  mapped_reach_ = read_mapped_reach(api_, ordinal_);
}

Device::~Device() {
  CallerContext caller(api_, context_);
  if (lost()) stop_work();
  release_objects();
  reset_device();
  // An earlier call may have left this device's context current on a thread that had none. It is destroyed now.
  if (caller.get() == context_ && !is_active(api_, ordinal_).value_or(shared_)) caller.forget();
}

// The core has waited for all work, so memory can be released before the streams.
void Device::release_objects() {
  allocations.clear();
  executables.clear();
  streams.clear();
}

// Undoes our one set_device. The vendor counts uses, so other users keep the device.
void Device::reset_device() noexcept {
  if (!holds_device_) return;
  holds_device_ = false;
  if (const int code = api_.reset_device(static_cast<std::int32_t>(ordinal_)); code != kOk) {
    drop_recent_error(api_);
    plugin::log(HAL_LOG_WARN, std::string(api_.reset_device.name) + "(device " + std::to_string(ordinal_) +
                                  ") returned " + std::to_string(code));
  }
}

bool Device::lose(const std::string &why) {
  const std::lock_guard lock(loss_mutex_);
  const bool first = loss_cause_.empty();
  if (first) loss_cause_ = why;
  lost_.store(true, std::memory_order_release);
  return first;
}

plugin::Failure Device::loss() const {
  const std::lock_guard lock(loss_mutex_);
  return plugin::Failure(HAL_ERR_DEVICE_LOST,
                         "device " + std::to_string(ordinal_) + " is lost after an earlier failure: " + loss_cause_,
                         "reset the device (hal_device_reset), or close and open it");
}

Device::Release::Release(Device &device) : caller_(device.api_, device.context_) {
  if (device.lost()) device.stop_work();
}

// False if a stream keeps running.
bool Device::stop_work() {
  const std::lock_guard lock(stop_mutex_);
  if (stopped_) return true;
  stopped_ = lost();  // a lost device accepts no new work
  bool quiet = true;
  streams.visit([&](Stream &stream) { quiet = stream.stop() && quiet; });
  return quiet;
}

// libhal counts as one user of the context. The vendor has no call that returns the number of users.
void Device::reset() {
  if (shared_)
    throw plugin::Failure(HAL_ERR_FAILED_PRECONDITION,
                          "device " + std::to_string(ordinal_) +
                              " cannot be reset: another component of this process used it before libhal opened it",
                          "let that component reset the device, or use libhal in a process of its own");
  without_precondition([this] { renew(); });  // FAILED_PRECONDITION means that nothing was changed
}

void Device::renew() {
  CallerContext caller(api_, context_);
  const bool stopped = stop_work();
  release_objects();
  if (caller.get() == context_) caller.forget();
  reset_device();
  context_ = nullptr;
  if (!stopped)
    throw plugin::Failure(HAL_ERR_DEVICE_LOST,
                          "device " + std::to_string(ordinal_) +
                              " still runs work that could not be stopped (the log has the runtime's error); its "
                              "memory was released anyway",
                          "end the process, and run npu-smi info before you start it again");
  plugin::fault_point("onboard.set_device");
  check(
      api_, api_.set_device, [this] { return "device " + std::to_string(ordinal_) + ", after its reset"; },
      static_cast<std::int32_t>(ordinal_));
  holds_device_ = true;
  try {
    check(
        api_, api_.get_context, [this] { return "after resetting device " + std::to_string(ordinal_); }, &context_);
  } catch (...) {
    reset_device();
    throw;
  }
  const std::scoped_lock lock(stop_mutex_, loss_mutex_);
  loss_cause_.clear();
  stopped_ = false;
  lost_.store(false, std::memory_order_release);
}

}  // namespace hal::onboard
