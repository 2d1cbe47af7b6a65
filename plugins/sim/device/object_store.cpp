// SPDX-License-Identifier: Apache-2.0
#include "sim/device/object_store.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include "hal/hal.h"
#include "sim/device/tile_hooks.hpp"

namespace hal::sim::device {
namespace {

wire::Reply failure(hal_status_t status, std::string_view text) {
  wire::Reply reply = {};
  reply.status = status;
  wire::put_text(reply.text, sizeof reply.text, text);
  return reply;
}

}  // namespace

ObjectStore::~ObjectStore() {
  for (const auto &[number, object] : objects_) release(object);
}

wire::Reply ObjectStore::answer(const wire::Request &request, int fd) {
  wire::Reply reply = carry_out(request, fd);
  reply.kind = request.kind;
  reply.number = request.number;
  return reply;
}

wire::Reply ObjectStore::carry_out(const wire::Request &request, int fd) {
  const std::lock_guard lock(mutex_);
  switch (request.kind) {
    case wire::RequestKind::kLoad:
      return load(request.object, fd);
    case wire::RequestKind::kUnload:
      return unload(request.object);
    case wire::RequestKind::kFind:
      return find(request.object, request.name);
    case wire::RequestKind::kStart:
    case wire::RequestKind::kStop:
      break;
  }
  return failure(HAL_ERR_INTERNAL, "unknown request");
}

wire::Reply ObjectStore::load(std::uint32_t number, int fd) {
  if (std::string why; !tile_hooks::open(hooks_path_, why)) {
    close(fd);
    return failure(HAL_ERR_UNAVAILABLE, why);
  }
  // The C library compares names before it compares files. So the descriptor of a mapped object stays open: then no
  // other object can have the same descriptor number, and so the same name. The name contains the process id instead of
  // "self", so that a debugger finds the object too.
  std::string name = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd);
  void *handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char *text = dlerror();
    const wire::Reply reply = failure(HAL_ERR_INVALID_ARGUMENT, text != nullptr ? text : "dlopen failed");
    close(fd);
    return reply;
  }
  tile_hooks::offer(handle);
  wire::Reply reply = {};
  if (const link_map *map = nullptr; dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) reply.value = map->l_addr;
  objects_.emplace(number, Object{handle, fd, std::move(name)});
  return reply;
}

wire::Reply ObjectStore::unload(std::uint32_t object) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return failure(HAL_ERR_INTERNAL, "no such object");
  release(found->second);
  objects_.erase(found);
  return {};
}

void ObjectStore::release(const Object &object) {
  dlclose(object.handle);
  if (void *still = dlopen(object.name.c_str(), RTLD_NOW | RTLD_NOLOAD); still != nullptr) {
    dlclose(still);
  } else {
    close(object.fd);
  }
}

wire::Reply ObjectStore::find(std::uint32_t object, const char *kernel) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return failure(HAL_ERR_INTERNAL, "no such object");
  void *address = dlsym(found->second.handle, kernel);
  if (address == nullptr) return failure(HAL_ERR_NOT_FOUND, "the symbol is not exported");
  wire::Reply reply = {};
  reply.value = reinterpret_cast<std::uintptr_t>(address);
  return reply;
}

}  // namespace hal::sim::device
