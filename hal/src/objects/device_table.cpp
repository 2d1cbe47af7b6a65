// SPDX-License-Identifier: Apache-2.0
#include "objects/device_table.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "diagnostics/leaks.hpp"
#include "environment/phase.hpp"
#include "objects/device_children.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

// One thread opens or closes a device; the others wait for the result.
enum class DeviceState { kClosed, kOpening, kOpen, kClosing };

struct DeviceEntry {
  DeviceState state = DeviceState::kClosed;
  Device *device = nullptr;
  std::uint64_t opens = 0;
};

struct DeviceTable {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::pair<Plugin *, std::uint32_t>, DeviceEntry> entries;
  bool stopped = false;
};

DeviceTable &device_table() {
  static DeviceTable &table = *new DeviceTable;
  return table;
}

hal_status_t check_ordinal(Plugin &plugin, std::uint32_t ordinal) {
  std::uint32_t count = 0;
  const hal_status_t status = plugin.call<&Ops::device_count>("device_count", plugin.self(), &count);
  if (status != HAL_OK || ordinal < count) return status;
  return fail(HAL_ERR_NOT_FOUND,
              fmt::format("backend {} has {} device(s), no ordinal {}", plugin.name(), count, ordinal),
              count == 0 ? "attach a device" : fmt::format("use an ordinal from 0 to {}", count - 1));
}

hal_status_t add_own_stream(Device &device, SlotReservation &slot) {
  auto stream = std::make_unique<Stream>(device, nullptr, slot.handle());
  hal_pstream_t pstream = nullptr;
  if (const hal_status_t status = create_plugin_stream(device, 0, &pstream); status != HAL_OK) return status;
  stream->restart(pstream, 0);
  device.set_own_stream(std::move(stream));
  return HAL_OK;
}

// Runs without the table's lock. The caller makes the device known to others afterwards.
hal_status_t create_device(Plugin &plugin, std::uint32_t ordinal, Device **created) {
  if (const hal_status_t status = check_ordinal(plugin, ordinal); status != HAL_OK) return status;
  SlotReservation device_slot(Device::kType);
  SlotReservation stream_slot(Stream::kType);
  hal_pdev_t pdev = nullptr;
  const hal_status_t opened = plugin.call<&Ops::device_open>("device_open", plugin.self(), ordinal, &pdev);
  if (opened != HAL_OK) return opened;

  std::unique_ptr<Device> device;
  hal_status_t status = HAL_ERR_OUT_OF_MEMORY;
  try {
    device = std::make_unique<Device>(plugin, ordinal, pdev, device_slot.handle());
    status = add_own_stream(*device, stream_slot);
    if (status == HAL_OK) device->read_limits();
  } catch (...) {
    plugin.close(pdev);
    throw;
  }
  if (status != HAL_OK) {
    plugin.close(pdev);
    return status;
  }
  stream_slot.publish(&device->own_stream());
  device_slot.publish(device.get());
  *created = device.release();
  return HAL_OK;
}

void destroy_device(Device &device) {
  Stream &stream = device.own_stream();
  {
    const QuietErrors quiet;
    if (stream.pstream() != nullptr) device.call<&Ops::stream_destroy>("stream_destroy", stream.pstream());
  }
  handles().release(stream.handle());
  device.plugin().close(device.pdev());
}

hal_status_t fail_open_children(const Device &device, const std::string &children) {
  return fail(HAL_ERR_BUSY, fmt::format("device {} still has {}", device.name(), children),
              "free, destroy and unload them before the last hal_device_close");
}

// Claims the device and its own stream; false if another thread is inside a call.
bool claim_device(Pin<Device> &pin) {
  if (!pin.claim()) return false;
  if (handles().claim(pin->own_stream().handle(), 0)) return true;
  pin.unclaim();
  return false;
}

hal_status_t claim_childless(Pin<Device> &pin) {
  if (const std::string children = pin->children().describe(); !children.empty())
    return fail_open_children(*pin, children);
  if (!claim_device(pin))
    return fail(HAL_ERR_BUSY, fmt::format("another thread is inside a call on device {}", pin->name()),
                "finish the calls on a device before closing it");
  // Another thread may have created a child just before the claim; none can do so now.
  if (const std::string children = pin->children().describe(); !children.empty()) {
    handles().unclaim(pin->own_stream().handle());
    pin.unclaim();
    return fail_open_children(*pin, children);
  }
  return HAL_OK;
}

}  // namespace

hal_status_t open_device(Plugin &plugin, std::uint32_t ordinal, hal_device_t *handle) {
  DeviceTable &table = device_table();
  std::unique_lock lock(table.mutex);
  if (table.stopped) return fail_not_ready();
  DeviceEntry &entry = table.entries[{&plugin, ordinal}];
  table.changed.wait(lock, [&] { return entry.state == DeviceState::kClosed || entry.state == DeviceState::kOpen; });
  if (table.stopped) return fail_not_ready();
  hal_status_t status = HAL_OK;
  if (entry.state == DeviceState::kClosed) {
    entry.state = DeviceState::kOpening;
    lock.unlock();
    Device *device = nullptr;
    status = guarded([&] { return create_device(plugin, ordinal, &device); });
    lock.lock();
    entry = {status == HAL_OK ? DeviceState::kOpen : DeviceState::kClosed, device, 0};
    table.changed.notify_all();
  }
  if (status != HAL_OK) return status;
  ++entry.opens;
  *handle = make_handle<hal_device_t>(entry.device->handle());
  return HAL_OK;
}

hal_status_t close_device(Pin<Device> &pin) {
  DeviceTable &table = device_table();
  std::unique_lock lock(table.mutex);
  DeviceEntry &entry = table.entries[{&pin->plugin(), pin->ordinal()}];
  if (entry.opens > 1) {
    --entry.opens;
    pin.reset();  // before another thread's close checks for pins
    return HAL_OK;
  }
  if (const hal_status_t status = claim_childless(pin); status != HAL_OK) {
    lock.unlock();
    report_objects(*pin);
    return status;
  }
  entry.state = DeviceState::kClosing;
  lock.unlock();
  destroy_device(*pin);
  delete pin.release();
  lock.lock();
  entry = {};
  table.changed.notify_all();
  return HAL_OK;
}

std::vector<OpenDevice> open_devices() {
  DeviceTable &table = device_table();
  const std::lock_guard lock(table.mutex);
  std::vector<OpenDevice> open;
  for (const auto &[key, entry] : table.entries)
    if (entry.state == DeviceState::kOpen)
      open.push_back({make_handle<hal_device_t>(entry.device->handle()), entry.device->name(), entry.opens});
  return open;
}

void report_open_devices() noexcept {
  report_leaks([] {
    for (const OpenDevice &open : open_devices()) {
      Pin<Device> device;
      if (device.try_acquire(handle_value(open.handle)) != PinAnswer::kOk) continue;
      log(HAL_LOG_WARN, "device {} is open, {} time(s), first opened by {}", open.name, open.opens,
          device->made_at().describe());
      report_objects(*device);
    }
  });
}

bool stop_devices() {
  DeviceTable &table = device_table();
  const std::lock_guard lock(table.mutex);
  for (const auto &[key, entry] : table.entries)
    if (entry.state != DeviceState::kClosed) return false;
  table.stopped = true;
  return true;
}

void restart_devices() {
  DeviceTable &table = device_table();
  const std::lock_guard lock(table.mutex);
  table.stopped = false;
}

}  // namespace hal::core
