// SPDX-License-Identifier: Apache-2.0
#include "sim/device/tile_hooks.hpp"

#include <dlfcn.h>

#include <atomic>

namespace hal::sim::device::tile_hooks {
namespace {

std::atomic<const hooks::Table *> opened{nullptr};

}  // namespace

bool open(const std::string &path, std::string &why) {
  if (table() != nullptr) return true;
  // Another simulator in this process may have opened its copy already. Objects find the first copy.
  void *symbol = dlsym(RTLD_DEFAULT, hooks::kTableName);
  if (symbol == nullptr) {
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
    if (library != nullptr) symbol = dlsym(library, hooks::kTableName);
  }
  if (symbol == nullptr) {
    const char *text = dlerror();
    why = "cannot open hal-sim-hooks.so: " + std::string(text != nullptr ? text : path);
    return false;
  }
  opened.store(static_cast<const hooks::Table *>(symbol), std::memory_order_release);
  return true;
}

const hooks::Table *table() noexcept { return opened.load(std::memory_order_acquire); }

bool bind(hooks::Binding &binding) noexcept {
  const hooks::Table *hooks = table();
  if (hooks == nullptr) return false;
  hooks->bind(&binding);
  return true;
}

void offer(void *object) {
  using Register = void (*)(void *, void *);
  if (const auto take = reinterpret_cast<Register>(dlsym(object, "pto_sim_register_hooks")); take != nullptr)
    take(dlsym(RTLD_DEFAULT, "pto_sim_get_subblock_id"), dlsym(RTLD_DEFAULT, "pto_sim_get_pipe_shared_state"));
}

}  // namespace hal::sim::device::tile_hooks
