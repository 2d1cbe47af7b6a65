// SPDX-License-Identifier: Apache-2.0
//
// Devices: their number and attributes, SetDevice and ResetDevice with their counts.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine.hpp"

namespace standin {
namespace {

bool known(Engine &e, std::int64_t device) {
  return device >= 0 && static_cast<std::size_t>(device) < e.visible.size();
}
int unknown(Engine &e, std::int64_t device) {
  return because(code::invalid_device, "device %lld of %zu", static_cast<long long>(device), e.visible.size());
}

// Opening a device starts five threads. Three of them stay after it is closed.
void start_helpers(Engine &e, Device &device) {
  static bool first = true;
  for (int i = 0; first && i < 3; ++i) {
    std::thread([&e] {
      Lock lock(e.mutex);
      e.changed.wait(lock, [] { return false; });
    }).detach();
  }
  first = false;
  for (int i = 0; i < 2; ++i) {
    device.helpers.emplace_back([&e, &device] {
      Lock lock(e.mutex);
      e.changed.wait(lock, [&device] { return device.helpers_end; });
    });
  }
}

void report_left(Engine &e, Device &device) {
  const auto say = [&device](std::size_t n, const char *what) {
    if (n != 0) violation("device %d was reset with %zu %s", device.number, n, what);
  };
  std::size_t streams = 0, events = 0, binaries = 0, contexts = 0;
  const auto here = [&](void *context) {
    const auto it = e.contexts.find(context);
    return it != e.contexts.end() && it->second->device == device.number;
  };
  for (const auto &[handle, stream] : e.streams) streams += stream->device == device.number && !stream->is_default;
  for (const auto &[handle, event] : e.events) events += here(event->context);
  for (const auto &[handle, binary] : e.binaries) binaries += here(binary->context);
  for (const auto &[handle, context] : e.contexts) contexts += context->device == device.number && !context->primary;
  say(device.allocations.size(), "device allocations not freed");
  say(device.mappings.size(), "registrations not unregistered");
  say(streams, "streams not destroyed");
  say(events, "events not destroyed");
  say(binaries, "binaries not unloaded");
  say(contexts, "contexts not destroyed");
}

}  // namespace

void close_device(Engine &e, Lock &lock, int number, bool force) {
  Device &device = *e.devices.at(number);
  device.closing = true;
  std::vector<void *> contexts;
  for (const auto &[handle, context] : e.contexts) {
    if (context->device == number) contexts.push_back(handle);
  }
  std::vector<void *> streams;
  for (const auto &[handle, stream] : e.streams) {
    if (stream->device == number) streams.push_back(handle);
  }
  // All streams end first: a kernel may run in another context than the one that loaded its binary.
  for (void *stream : streams) end_stream(e, lock, stream, force);
  for (void *context : contexts) remove_context(e, lock, context, force);
  drop_registrations(e, device);
  device.helpers_end = true;
  e.changed.notify_all();
  std::vector<std::thread> helpers = std::move(device.helpers);
  std::unique_ptr<Device> last = std::move(e.devices.at(number));
  e.devices.erase(number);
  lock.unlock();
  for (std::thread &helper : helpers) helper.join();
  last.reset();
  lock.lock();
  e.changed.notify_all();
}

int device_count(std::uint32_t *count) {
  if (count == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.config.driver == "permission") return because(code::no_permission, "driver error: no permission");
  if (e.config.driver == "nodevice") return because(code::no_device, "driver error: no device");
  if (e.config.driver == "error") return because(code::driver, "driver error");
  *count = static_cast<std::uint32_t>(e.visible.size());
  return 0;
}

int set_device(std::int32_t number) {
  Engine &e = engine();
  Lock lock(e.mutex);
  e.changed.wait(lock, [&] {
    const auto it = e.devices.find(number);
    return it == e.devices.end() || !it->second->closing;
  });
  if (!known(e, number)) return unknown(e, number);
  // The vendor's runtime returns this code for every failure of the driver here.
  if (e.config.driver != "ok") return because(code::device_setup, "device %d could not be set up", number);
  std::unique_ptr<Device> &device = e.devices[number];
  if (device == nullptr) {
    device = std::make_unique<Device>(number, e.config.hbm_bytes);
    start_helpers(e, *device);
  }
  ++device->references;
  make_primary(e, *device);
  thread_context() = device->primary;
  return 0;
}

int get_device(std::int32_t *device) {
  if (device == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  const auto it = e.contexts.find(thread_context());
  if (it == e.contexts.end()) return because(code::no_context, "the current context is null");
  *device = it->second->device;
  return 0;
}

// The last one destroys the context, even if it is current on other threads.
int reset_device(std::int32_t number, bool force) {
  Engine &e = engine();
  Lock lock(e.mutex);
  if (!known(e, number)) return unknown(e, number);
  const auto it = e.devices.find(number);
  if (it == e.devices.end() || it->second->references == 0 || it->second->closing) {
    violation("ResetDevice(%d) without a matching SetDevice", number);
    return because(code::reset_too_often, "SetDevice was not called for device %d", number);
  }
  Device &device = *it->second;
  if (force && device.references > 1) {
    violation("ResetDeviceForce(%d) closes the device for %u other users", number, device.references - 1);
  }
  if (!force && --device.references > 0) return 0;
  const int poison = poison_of(e, device.primary);
  // On a device that failed, a program cannot release its objects, so they are not reported.
  if (!(poison != 0 && e.config.poison_release)) report_left(e, device);
  close_device(e, lock, number, force || poison != 0);
  return 0;
}

int device_status(std::int32_t device, std::int32_t *status) {
  if (status == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (!known(e, device)) return unknown(e, device);
  *status = 0;
  return 0;
}

// Always the SoC of device 0, as in the vendor's runtime.
const char *soc_name() {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.config.soc_unknown || e.visible.empty()) return nullptr;
  static std::set<std::string> &names = *new std::set<std::string>;
  return names.insert(e.config.soc.name).first->c_str();
}

int soc_version(char *text, std::uint32_t bytes) {
  const char *name = soc_name();
  if (text == nullptr) return bad_argument("null output");
  if (name == nullptr) return because(code::driver, "the SoC name is unknown");
  if (std::strlen(name) >= bytes) return because(code::invalid, "a buffer of %u bytes is too small", bytes);
  std::snprintf(text, bytes, "%s", name);
  return 0;
}

int run_mode(std::int32_t *mode) {
  if (mode == nullptr) return bad_argument("null output");
  *mode = 1;  // a host with a device
  return 0;
}

int device_info(std::uint32_t device, std::int32_t attribute, std::int64_t *value) {
  if (value == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (!known(e, device)) return unknown(e, device);
  const Soc &soc = e.config.soc;
  switch (attribute) {
    case 1:
      *value = soc.chip == "a5" ? 5 : 4;
      return 0;
    case 101:
    case 102:
      *value = soc.cube_cores;
      return 0;
    case 201:
      *value = soc.vector_cores;
      return 0;
    case 204:
      *value = soc.chip == "a5" ? 253952 : 196608;
      return 0;
    case 301:
      *value = static_cast<std::int64_t>(e.config.hbm_bytes);
      return 0;
    case 302:
      *value = soc.l2_bytes;
      return 0;
    case 402:
      *value = e.visible[device];
      return 0;
    case 501:
      *value = 0;
      return 0;
    case 601:
      if (e.release >= 910) {
        *value = soc.npu_arch;
        return 0;
      }
      [[fallthrough]];
    default:
      return because(code::invalid, "attribute %d is unknown to this release", attribute);
  }
}

int device_capability(std::int32_t device, std::int32_t feature, std::int32_t *value) {
  if (value == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (!known(e, device)) return unknown(e, device);
  if (feature != 1 && feature != 21) return because(code::invalid, "feature %d is unknown", feature);
  *value = 0;
  return 0;
}

int core_count(std::uint32_t *count) {
  if (count == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  *count = static_cast<std::uint32_t>(e.config.soc.cube_cores);
  return 0;
}

int visible_to_physical(std::int32_t visible, std::int32_t *physical) {
  if (physical == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (!known(e, visible)) return unknown(e, visible);
  *physical = e.visible[static_cast<std::size_t>(visible)];
  return 0;
}

int physical_to_visible(std::int32_t physical, std::int32_t *visible) {
  if (visible == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  for (std::size_t i = 0; i < e.visible.size(); ++i) {
    if (e.visible[i] != physical) continue;
    *visible = static_cast<std::int32_t>(i);
    return 0;
  }
  return unknown(e, physical);
}

}  // namespace standin
