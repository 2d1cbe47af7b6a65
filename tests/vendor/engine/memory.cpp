// SPDX-License-Identifier: Apache-2.0
//
// Device memory, host memory for devices, and the owner of an address.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "engine.hpp"

namespace standin {
namespace {

// Addresses are aligned to exactly 64 bytes, so that programs cannot rely on more.
constexpr std::size_t skew = 64;
constexpr std::uint64_t pattern_limit = std::uint64_t{64} << 20;

template <typename Map>
auto containing(Map &map, Address address) {
  auto it = map.upper_bound(address);
  return it == map.begin() ? map.end() : std::prev(it);
}

bool within(Address address, std::uint64_t bytes, Address begin, std::uint64_t length) {
  return address >= begin && address - begin <= length && bytes <= length - (address - begin);
}

void check_family(Family family, const void *pointer) {
  if (family != current_family()) violation("%s on %p of the other family", current_function(), pointer);
}

struct MallocConfig {
  const struct { std::uint32_t id, value[2]; } * attributes;
  std::size_t count;
};

}  // namespace

Place locate(Engine &e, const void *pointer, std::uint64_t bytes) {
  const Address address = reinterpret_cast<Address>(pointer);
  if (bytes == 0) bytes = 1;
  for (const auto &[number, device] : e.devices) {
    if (device->arena.has(address)) {
      const auto it = containing(device->allocations, address);
      const bool inside = it != device->allocations.end() && within(address, bytes, it->first, it->second.bytes);
      return {inside ? Where::device : Where::device_bounds, number};
    }
    for (const auto &[host, mapping] : device->mappings) {
      if (mapping.address != 0 && within(address, 1, mapping.address, mapping.bytes)) return {Where::mapped, number};
    }
    const auto mapping = containing(device->mappings, address);
    if (mapping != device->mappings.end() && within(address, bytes, mapping->first, mapping->second.bytes)) {
      return {Where::pinned, -1};
    }
  }
  const auto block = containing(e.host_blocks, address);
  if (block != e.host_blocks.end() && within(address, bytes, block->first, block->second.bytes)) {
    return {Where::pinned, -1};
  }
  return {Where::pageable, -1};
}

const Mapping *mapping_within(Engine &e, Address address, std::uint64_t bytes) {
  for (const auto &[number, device] : e.devices) {
    for (const auto &[host, mapping] : device->mappings) {
      if (mapping.address != 0 && within(address, bytes, mapping.address, mapping.bytes)) return &mapping;
    }
  }
  return nullptr;
}

int device_malloc(void **out, std::uint64_t bytes, std::uint32_t policy) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (out == nullptr || bytes == 0 || bytes > ~std::uint64_t{0} - 128) {
    return bad_argument("null output, size 0, or a size that is too large");
  }
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (policy > 7) return because(code::invalid, "policy %#x is invalid: this chip supports single values only", policy);
  Device &device = *e.devices.at(context->device);
  const std::uint64_t rounded = (bytes + 31) / 32 * 32 + (e.config.soc.chip == "a5" ? 0 : 32);
  Allocation allocation;
  if (!device.arena.take(rounded, skew, allocation)) {
    return because(code::out_of_memory, "%llu bytes requested, %llu free", static_cast<unsigned long long>(bytes),
                   static_cast<unsigned long long>(device.arena.bytes() - device.arena.used()));
  }
  allocation.bytes = bytes;
  allocation.family = current_family();
  std::memset(device.arena.alias(allocation.address), 0xa5, std::min(rounded, pattern_limit));
  device.allocations[allocation.address] = allocation;
  *out = reinterpret_cast<void *>(allocation.address);
  return 0;
}

int device_free(void *pointer, bool wait) {
  if (pointer == nullptr) return bad_argument("null pointer");
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  const int number = context->device;
  if (wait) settle_device(e, lock, number);
  for (const auto &[other, device] : e.devices) {
    const auto it = device->allocations.find(reinterpret_cast<Address>(pointer));
    if (it == device->allocations.end()) continue;
    if (other != number) violation("memory of device %d was freed in a context of device %d", other, number);
    check_family(it->second.family, pointer);
    device->arena.give(it->second);
    device->allocations.erase(it);
    return 0;
  }
  violation("%s of %p, which is not a device allocation", current_function(), pointer);
  return because(code::invalid, "%p is not a device allocation", pointer);
}

int host_malloc(void **out, std::uint64_t bytes) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (out == nullptr || bytes == 0 || bytes > ~std::uint64_t{0} / 2) {
    return bad_argument("null output, size 0, or a size that is too large");
  }
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  HostBlock block;
  block.length = (bytes + skew + page_bytes() - 1) / page_bytes() * page_bytes();
  void *base = ::mmap(nullptr, block.length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) {
    return because(code::out_of_memory, "the host cannot allocate %llu bytes", static_cast<unsigned long long>(bytes));
  }
  block.base = static_cast<char *>(base);
  block.address = reinterpret_cast<Address>(base) + skew;
  block.bytes = bytes;
  block.family = current_family();
  std::memset(base, 0x5a, std::min<std::uint64_t>(block.length, pattern_limit));
  e.host_blocks[block.address] = block;
  *out = reinterpret_cast<void *>(block.address);
  return 0;
}

namespace {
// VA_FLAG (one address for host and device) is not simulated, because programs must not rely on it.
int check_config(const void *config) {
  const auto *wishes = static_cast<const MallocConfig *>(config);
  for (std::size_t i = 0; wishes != nullptr && i < wishes->count; ++i) {
    const std::uint32_t id = wishes->attributes[i].id;
    if (id == 3) return because(code::unsupported, "VA_FLAG is not simulated");
    if (id > 2) return bad_argument("unknown attribute");
  }
  return 0;
}
}  // namespace

int host_malloc_with(void **out, std::uint64_t bytes, const void *config) {
  const int code = check_config(config);
  return code != 0 ? code : host_malloc(out, bytes);
}

int device_malloc_with(void **out, std::uint64_t bytes, std::uint32_t policy, const void *config) {
  const int code = check_config(config);
  return code != 0 ? code : device_malloc(out, bytes, policy);
}

int host_free(void *pointer, bool wait) {
  if (pointer == nullptr) return bad_argument("null pointer");
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  if (wait) settle_device(e, lock, context->device);
  const auto it = e.host_blocks.find(reinterpret_cast<Address>(pointer));
  if (it == e.host_blocks.end()) {
    violation("%s of %p, which is not a host allocation", current_function(), pointer);
    return because(code::invalid, "%p is not a host allocation", pointer);
  }
  const HostBlock block = it->second;
  check_family(block.family, pointer);
  const Address begin = reinterpret_cast<Address>(block.base);
  for (const auto &[number, device] : e.devices) {
    for (auto at = device->mappings.begin(); at != device->mappings.end();) {
      const Address host = (at++)->first;
      if (host < begin || host >= begin + block.length) continue;
      violation("host memory %p was freed while %p in it is registered on device %d", pointer,
                reinterpret_cast<void *>(host), number);
      forget_mapping(e, *device, host, false);
    }
  }
  e.host_blocks.erase(it);
  ::munmap(block.base, block.length);
  return 0;
}

int memory_info(std::int32_t attribute, std::size_t *free, std::size_t *total) {
  if (free == nullptr || total == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (attribute < 0 || attribute > (e.release >= 850 ? 17 : 11)) return bad_argument("unknown kind of memory");
  const Arena &arena = e.devices.at(context->device)->arena;
  const bool high_bandwidth = attribute != 0 && attribute != 2 && attribute != 3;
  *total = high_bandwidth ? arena.bytes() : 0;
  *free = high_bandwidth ? arena.bytes() - arena.used() : 0;
  return 0;
}

int pointer_attributes(const void *pointer, void *attributes) {
  struct {
    std::uint32_t id;
    std::int32_t type;
    std::uint32_t page_size, reserved[4];
  } out = {};
  if (pointer == nullptr || attributes == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  const Place place = locate(e, pointer, 1);
  const bool on_device = place.where == Where::device || place.where == Where::mapped;
  out.id = on_device ? static_cast<std::uint32_t>(place.device) : 0;
  out.type = on_device ? 1 : place.where == Where::pinned || e.release < 850 ? 0 : 2;
  out.page_size = static_cast<std::uint32_t>(page_bytes());
  std::memcpy(attributes, &out, sizeof out);
  return 0;
}

}  // namespace standin
