// SPDX-License-Identifier: Apache-2.0
//
// Registration of host memory, as measured on the vendor's runtime. The first call checks only the driver. The second
// also checks the runtime's table, which is one table for the whole process.
#include <algorithm>

#include "engine.hpp"

namespace standin {
namespace {

constexpr std::uint32_t flag_mapped = 0x2, flag_io = 0x4, flag_read_only = 0x8, flag_pinned = 0x10000000;

bool overlap(Address a, std::uint64_t a_bytes, Address b, std::uint64_t b_bytes) {
  return a < b + b_bytes && b < a + a_bytes;
}

// The driver's part.
int map_range(Engine &e, Device &device, Address host, std::uint64_t bytes, bool v2, Address &address) {
  if (!e.config.register_supported) return because(code::unsupported, "this chip or driver cannot map host memory");
  if (host % std::max<std::size_t>(page_bytes(), 4096) != 0)
    return because(code::driver, "%#zx is not the start of a page", host);
  bytes = (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
  for (const auto &[other, mapping] : device.mappings) {
    if (overlap(host, bytes, other, mapping.bytes)) return because(code::driver, "%#zx is registered already", host);
  }
  const std::vector<Area> areas = areas_of(host, bytes);
  const bool good = !areas.empty() && std::all_of(areas.begin(), areas.end(),
                                                  [](const Area &area) { return area.readable && area.writable; });
  if (!good) return because(code::invalid_handle, "not all of the range is mapped for reading and writing");
  address = second_view(e, host, bytes);
  if (address == 0) return because(code::out_of_memory, "not enough memory for a second mapping");
  Mapping mapping;
  mapping.host = host;
  mapping.bytes = bytes;
  mapping.address = address;
  mapping.v2 = v2;
  mapping.family = current_family();
  device.mappings[host] = mapping;
  e.registered[host].bytes = bytes;
  e.registered[host].pinned_only = false;
  return 0;
}

}  // namespace

void forget_mapping(Engine &e, Device &device, Address host, bool intact) {
  const Mapping mapping = device.mappings.at(host);
  device.mappings.erase(host);
  close_view(mapping.address, mapping.bytes);
  if (intact) {
    restore_private(e, host, mapping.bytes);
  } else {
    e.registered.erase(host);
  }
}

void drop_registrations(Engine &e, Device &device) {
  while (!device.mappings.empty()) {
    const Address host = device.mappings.begin()->first;
    e.registered.erase(host);
    forget_mapping(e, device, host, true);
  }
}

int host_register(void *pointer, std::uint64_t bytes, std::uint32_t type, void **device_pointer) {
  if (pointer == nullptr || bytes == 0 || device_pointer == nullptr) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  // Releases from 9.0 declare 4 and 8 and document them as reserved.
  if (type != 0) return because(code::unsupported, "type %#x is unsupported: mapped is 0 for this call", type);
  Address address = 0;
  code = map_range(e, *e.devices.at(context->device), reinterpret_cast<Address>(pointer), bytes, false, address);
  if (code == 0) *device_pointer = reinterpret_cast<void *>(address);
  return code;
}

int host_register_v2(void *pointer, std::uint64_t bytes, std::uint32_t flags) {
  if (pointer == nullptr || bytes == 0) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const std::uint32_t known = flag_mapped | flag_pinned | (e.release >= 910 ? flag_io | flag_read_only : 0);
  if (flags == 0 || (flags & ~known) != 0)
    return because(code::invalid, "flags %#x are invalid: mapped is 2 for this call", flags);
  if ((flags & (flag_io | flag_read_only)) != 0) return because(code::unsupported, "flags %#x are reserved", flags);
  const Address host = reinterpret_cast<Address>(pointer);
  for (const auto &[other, registered] : e.registered) {
    if (overlap(host, bytes, other, registered.bytes)) {
      return because(code::registered, "%p overlaps a registered range", pointer);
    }
  }
  // The vendor documents that this fails, but not with which code.
  if ((flags & flag_pinned) != 0 && locate(e, pointer, bytes).where == Where::pinned) {
    return because(code::invalid, "PINNED needs pageable memory");
  }
  if ((flags & flag_mapped) == 0) {
    e.registered[host] = {bytes, true};
    return 0;
  }
  Address address = 0;
  return map_range(e, *e.devices.at(context->device), host, bytes, true, address);
}

int host_device_pointer(void *pointer, void **device_pointer, std::uint32_t flags) {
  if (pointer == nullptr || device_pointer == nullptr || flags != 0)
    return bad_argument("null pointer, or flags other than 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const Device &device = *e.devices.at(context->device);
  const auto it = device.mappings.find(reinterpret_cast<Address>(pointer));
  if (it != device.mappings.end()) {
    *device_pointer = reinterpret_cast<void *>(it->second.address);
    return 0;
  }
  if (e.release >= 910) return because(code::invalid, "EE1011: %p is not registered", pointer);
  *device_pointer = nullptr;  // releases 8.5 and 9.0 report success
  return 0;
}

// The runtime first checks its own table, which is one per process. Unregistering a range on one device removes the
// entry for all devices, so the other devices' mappings can never be removed.
int host_unregister(void *pointer) {
  if (pointer == nullptr) return bad_argument("null pointer");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  const Address host = reinterpret_cast<Address>(pointer);
  const auto entry = e.registered.find(host);
  if (entry == e.registered.end()) return because(code::not_registered, "%p is not registered", pointer);
  const bool pinned_only = entry->second.pinned_only;
  Device &device = *e.devices.at(context->device);
  const auto it = device.mappings.find(host);
  if (it == device.mappings.end() && !pinned_only) {
    violation("%p was unregistered on device %d, where it is not registered", pointer, device.number);
    return because(code::driver, "%p is not registered on device %d", pointer, device.number);
  }
  for (const auto &[handle, stream] : e.streams) {
    if (stream->device != device.number || !is_busy(*stream)) continue;
    violation("%p was unregistered while stream %p has work", pointer, handle);
    break;
  }
  e.registered.erase(entry);
  if (pinned_only) return 0;
  if (it->second.family != current_family()) violation("%p registered and unregistered by two families", pointer);
  forget_mapping(e, device, host, true);
  return 0;
}

int map_capabilities(std::uint32_t device, std::int32_t unit, std::int32_t *capability) {
  static const char *const names[] = {"stars", "aicpu", "aic", "aiv", "pciedma", "rdma", "sdma", "dvpp", "udma", "ccu"};
  if (capability == nullptr || unit < 0 || unit > 9) return bad_argument("null output or unknown engine");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  if (device >= e.visible.size()) return because(code::invalid_device, "device %u of %zu", device, e.visible.size());
  if (e.config.capabilities == "unknown") return because(code::unsupported, "the driver does not know");
  *capability = ("," + e.config.capabilities + ",").find(std::string(",") + names[unit] + ",") != std::string::npos;
  return 0;
}

}  // namespace standin
