// SPDX-License-Identifier: Apache-2.0
//
// Contexts: explicit ones, the primary context of each device, and the current context of each thread.
#include "engine.hpp"

namespace standin {

void *&thread_context() {
  thread_local void *current = nullptr;
  return current;
}

int poison_of(Engine &e, void *context) {
  const auto it = e.contexts.find(context);
  return it == e.contexts.end() ? 0 : it->second->poison;
}

Context *need_context(Engine &e, int &code, Use use) {
  const auto it = e.contexts.find(thread_context());
  if (it == e.contexts.end()) {
    violation("%s on a thread without a current context", current_function());
    code = because(code::no_context, "the current context is null");
    return nullptr;
  }
  Context &context = *it->second;
  if (context.poison != 0 && (use == Use::work || e.config.poison_release)) {
    code = because(context.poison, "an earlier kernel failed on this device");
    return nullptr;
  }
  return &context;
}

namespace {
void *add_context(Engine &e, int device, bool primary) {
  auto context = std::make_unique<Context>();
  Context &made = *context;
  made.handle = new_handle(e);
  made.device = device;
  made.primary = primary;
  e.contexts[made.handle] = std::move(context);
  made.stream = make_stream(e, made, 0, true)->handle;
  return made.handle;
}
}  // namespace

void make_primary(Engine &e, Device &device) {
  if (device.primary == nullptr) device.primary = add_context(e, device.number, true);
}

// Its streams end with it. Without force they first complete their tasks.
void remove_context(Engine &e, Lock &lock, void *handle, bool force) {
  std::vector<void *> streams;
  for (const auto &[stream_handle, stream] : e.streams) {
    if (stream->context == handle) streams.push_back(stream_handle);
  }
  for (void *stream : streams) end_stream(e, lock, stream, force);
  for (auto it = e.events.begin(); it != e.events.end();) {
    it = it->second->context == handle ? e.events.erase(it) : std::next(it);
  }
  std::vector<void *> binaries;
  for (const auto &[binary_handle, binary] : e.binaries) {
    if (binary->context == handle) binaries.push_back(binary_handle);
  }
  for (void *binary : binaries) unload(e, binary);
  e.contexts.erase(handle);
}

// Also makes it the thread's current context, as the vendor does.
int create_context(void **context, std::int32_t device) {
  if (context == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (device < 0 || static_cast<std::size_t>(device) >= e.visible.size()) {
    return because(code::invalid_device, "device %d of %zu", device, e.visible.size());
  }
  // The fact sheet does not cover this. Without SetDevice nothing keeps the device open, so this refuses it.
  if (e.devices.count(device) == 0) {
    violation("aclrtCreateContext on device %d before any SetDevice", device);
    return because(code::invalid_device, "SetDevice was not called for device %d", device);
  }
  *context = add_context(e, device, false);
  thread_context() = *context;
  return 0;
}

int destroy_context(void *context) {
  if (context == nullptr) return bad_argument("null context");
  Engine &e = engine();
  Lock lock(e.mutex);
  const auto it = e.contexts.find(context);
  if (it == e.contexts.end() || it->second->primary) {
    violation("aclrtDestroyContext of %s",
              it == e.contexts.end() ? "an unknown context" : "a device's primary context");
    return because(code::no_context, "not a created context");
  }
  for (const auto &[handle, stream] : e.streams) {
    if (stream->context == context && !stream->is_default) {
      violation("context destroyed before its stream %p", handle);
      break;
    }
  }
  remove_context(e, lock, context, false);
  if (thread_context() == context) thread_context() = nullptr;
  return 0;
}

int set_context(void *context) {
  if (context == nullptr) return bad_argument("null context");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.contexts.count(context) == 0) {
    violation("%s to an unknown or destroyed context", current_function());
    return because(code::invalid, "not a context");
  }
  thread_context() = context;
  return 0;
}

// A thread without a context may call this. A plugin does, to find the context that it must restore.
int get_context(void **context) {
  if (context == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.contexts.count(thread_context()) == 0) return because(code::no_context, "the current context is null");
  *context = thread_context();
  return 0;
}

int primary_state(std::int32_t device, std::uint32_t *flags, std::int32_t *active) {
  if (active == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (device < 0 || static_cast<std::size_t>(device) >= e.visible.size()) {
    return because(code::invalid_device, "device %d of %zu", device, e.visible.size());
  }
  if (flags != nullptr) *flags = 0;
  *active = e.devices.count(device) != 0 ? 1 : 0;
  return 0;
}

int default_stream(void **stream) {
  if (stream == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  *stream = context->stream;
  return 0;
}

}  // namespace standin
