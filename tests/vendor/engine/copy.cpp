// SPDX-License-Identifier: Apache-2.0
//
// Copies and fills. A call without a stream runs immediately, even if streams have work.
#include <cstring>

#include "engine.hpp"

namespace standin {
namespace {

struct Sides {
  char *to = nullptr, *from = nullptr;  // addresses that this process can access
  bool to_device = false, from_device = false, pageable = false;
};

// An address at which the host can access the memory of `pointer`, or null with `code` set.
char *reachable(Engine &e, const Context &context, const void *pointer, std::uint64_t bytes, Place &place, int &code) {
  place = locate(e, pointer, bytes);
  switch (place.where) {
    case Where::mapped:
      violation("%s on the mapped device address %p: use the host address of host memory", current_function(), pointer);
      code = because(code::invalid, "%p is the device's address of host memory", pointer);
      return nullptr;
    case Where::device_bounds:
      violation("%s: %p and %llu bytes are not within one device allocation", current_function(), pointer,
                static_cast<unsigned long long>(bytes));
      code = because(code::invalid, "%p is not within a device allocation", pointer);
      return nullptr;
    case Where::device:
      if (place.device != context.device) {
        violation("%s of memory of device %d in a context of device %d", current_function(), place.device,
                  context.device);
        code = because(code::invalid, "the memory belongs to another device");
        return nullptr;
      } else {
        Device &device = *e.devices.at(place.device);
        const auto it = std::prev(device.allocations.upper_bound(reinterpret_cast<Address>(pointer)));
        if (it->second.family != current_family()) {
          violation("%s on %p of the other family", current_function(), pointer);
        }
        return device.arena.alias(reinterpret_cast<Address>(pointer));
      }
    case Where::pinned:
    case Where::pageable:
      break;
  }
  return static_cast<char *>(const_cast<void *>(pointer));
}

int sides(Engine &e, const Context &context, void *to, std::uint64_t capacity, const void *from, std::uint64_t bytes,
          std::int32_t kind, Sides &out) {
  if (to == nullptr || from == nullptr) return bad_argument("null pointer");
  if (bytes > capacity) return because(code::invalid, "the size is larger than the destination");
  const bool legacy = current_family() == Family::rt;
  if (kind < 0 || kind > (legacy ? 3 : 7)) {
    violation("%s with kind %d: only 0 to %d have the same meaning in every release", current_function(), kind,
              legacy ? 3 : 7);
    return because(code::invalid, "kind %d is unknown", kind);
  }
  int code = 0;
  Place to_place, from_place;
  if ((out.to = reachable(e, context, to, bytes, to_place, code)) == nullptr) return code;
  if ((out.from = reachable(e, context, from, bytes, from_place, code)) == nullptr) return code;
  out.to_device = to_place.where == Where::device;
  out.from_device = from_place.where == Where::device;
  out.pageable = to_place.where == Where::pageable || from_place.where == Where::pageable;
  const int fitting = (out.to_device ? 1 : 0) + (out.from_device ? 2 : 0);
  const bool any = kind == 4, within_device = kind == 6 && fitting == 3, buffered = kind == 5 && fitting == 1;
  // This runtime uses only the addresses. Older runtimes may use the kind.
  if (kind != fitting && !any && !within_device && !buffered) {
    violation("%s with kind %d, but the addresses need kind %d", current_function(), kind, fitting);
  }
  return 0;
}

}  // namespace

int copy(void *to, std::uint64_t capacity, const void *from, std::uint64_t bytes, std::int32_t kind) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (bytes == 0) return 0;
  Sides s;
  code = sides(e, *context, to, capacity, from, bytes, kind, s);
  if (code == 0) std::memmove(s.to, s.from, bytes);
  return code;
}

// With pageable host memory the call returns after the copy, which still runs in the order of the stream.
int copy_async(void *to, std::uint64_t capacity, const void *from, std::uint64_t bytes, std::int32_t kind,
               void *stream_handle) {
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  Stream *stream = find_stream(e, stream_handle, *context, code);
  if (stream == nullptr) return code;
  if (bytes == 0) return 0;
  if (kind == 0) return because(code::unsupported, "copies from host to host are not supported");
  Sides s;
  code = sides(e, *context, to, capacity, from, bytes, kind, s);
  if (code != 0) return code;
  if (!s.to_device && !s.from_device) return because(code::unsupported, "copies from host to host are not supported");
  submit(e, *stream, {[s, bytes](Stream &) {
           std::memmove(s.to, s.from, bytes);
           return 0;
         }});
  if (!s.pageable) return 0;
  return wait_idle(e, lock, stream->handle, stream->submitted, -1, code::stream_sync_timeout);
}

namespace {
int fill_side(Engine &e, const Context &context, void *to, std::uint64_t capacity, std::uint64_t bytes, char *&at) {
  if (to == nullptr || bytes == 0) return bad_argument("null pointer or size 0");
  if (bytes > capacity) return because(code::invalid, "the size is larger than the destination");
  int code = 0;
  Place place;
  at = reachable(e, context, to, bytes, place, code);
  return at == nullptr ? code : 0;
}
}  // namespace

int fill(void *to, std::uint64_t capacity, std::int32_t value, std::uint64_t bytes) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  char *at = nullptr;
  code = fill_side(e, *context, to, capacity, bytes, at);
  if (code == 0) std::memset(at, value, bytes);
  return code;
}

int fill_async(void *to, std::uint64_t capacity, std::int32_t value, std::uint64_t bytes, void *stream_handle) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  Stream *stream = find_stream(e, stream_handle, *context, code);
  if (stream == nullptr) return code;
  char *at = nullptr;
  code = fill_side(e, *context, to, capacity, bytes, at);
  if (code != 0) return code;
  submit(e, *stream, {[at, value, bytes](Stream &) {
           std::memset(at, value, bytes);
           return 0;
         }});
  return 0;
}

// Accepts only device memory. The stand-in has no cache to flush.
int flush(void *pointer, std::uint64_t bytes) {
  if (pointer == nullptr || bytes == 0) return bad_argument("null pointer or size 0");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  Place place;
  if (reachable(e, *context, pointer, bytes, place, code) == nullptr) return code;
  return place.where == Where::device ? 0 : because(code::invalid, "%p is not device memory", pointer);
}

}  // namespace standin
