// SPDX-License-Identifier: Apache-2.0
//
// Streams. Each has a thread that runs its tasks in order, so that a missing wait has an effect.
#include <algorithm>
#include <chrono>
#include <csignal>

#include "engine.hpp"

namespace standin {
namespace {

constexpr std::size_t stream_limit = 1024;

void work(Engine &e, Stream &stream) {
  Lock lock(e.mutex);
  for (;;) {
    e.changed.wait(lock, [&] { return stream.ending || !stream.tasks.empty(); });
    if (stream.tasks.empty()) return;
    const Task task = std::move(stream.tasks.front());  // is_mark stays readable
    int code = poison_of(e, stream.context);
    if (code == 0) {
      stream.running = true;
      stream.aborts_before = stream.aborts;
      lock.unlock();
      code = task.run(stream);
      lock.lock();
      stream.running = false;
    }
    if (code != 0 && stream.error == 0 && code != code::stream_abort) stream.error = code;
    stream.tasks.pop_front();
    ++stream.completed;
    e.changed.notify_all();
  }
}

void drop_tasks(Engine &e, Stream &stream) {
  ++stream.aborts;
  if (stream.kernel > 0) ::kill(stream.kernel, SIGKILL);
  // The running task stays at the front until its thread removes it.
  while (stream.tasks.size() > (stream.running ? 1u : 0u)) {
    stream.tasks.pop_back();
    ++stream.completed;
  }
  e.changed.notify_all();
}

}  // namespace

bool is_busy(const Stream &stream) {
  return std::any_of(stream.tasks.begin(), stream.tasks.end(), [](const Task &task) { return !task.is_mark; });
}

Stream *make_stream(Engine &e, Context &context, std::uint32_t flags, bool is_default) {
  auto stream = std::make_unique<Stream>();
  Stream &made = *stream;
  made.handle = new_handle(e);
  made.id = e.next_stream_id++;
  made.context = context.handle;
  made.device = context.device;
  made.flags = flags;
  made.is_default = is_default;
  e.streams[made.handle] = std::move(stream);
  return &made;
}

Stream *find_stream(Engine &e, void *handle, Context &context, int &code) {
  const auto it = e.streams.find(handle == nullptr ? context.stream : handle);
  if (it == e.streams.end() || it->second->ending) {
    code = because(code::invalid_handle, "%p is not a stream", handle);
    return nullptr;
  }
  if (it->second->context != context.handle) {
    violation("%s: stream %p belongs to another context", current_function(), handle);
    code = because(code::stream_context, "stream %p belongs to another context", handle);
    return nullptr;
  }
  return it->second.get();
}

void submit(Engine &e, Stream &stream, Task task) {
  if (!stream.worker.joinable()) stream.worker = std::thread([&e, &stream] { work(e, stream); });
  stream.tasks.push_back(std::move(task));
  ++stream.submitted;
  e.changed.notify_all();
}

// Waits until `ticket` tasks of the stream are complete. A negative timeout_ms waits forever.
int wait_idle(Engine &e, Lock &lock, void *handle, std::uint64_t ticket, std::int32_t timeout_ms, int timeout_code) {
  const auto aborts_of = [&] {
    const auto it = e.streams.find(handle);
    return it == e.streams.end() ? ~std::uint64_t{0} : it->second->aborts;
  };
  const std::uint64_t aborts = aborts_of();
  const auto over = [&] {
    const auto it = e.streams.find(handle);
    return it == e.streams.end() || it->second->completed >= ticket || it->second->aborts != aborts;
  };
  if (timeout_ms < 0) {
    e.changed.wait(lock, over);
  } else if (!e.changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), over)) {
    return because(timeout_code, "not complete after %d ms", timeout_ms);
  }
  const auto it = e.streams.find(handle);
  if (it == e.streams.end()) return because(code::invalid_handle, "the stream was destroyed during the wait");
  if (it->second->aborts != aborts) return because(code::stream_abort, "the stream was aborted during the wait");
  return it->second->error == 0 ? 0 : because(it->second->error, "a task of this stream failed");
}

void end_stream(Engine &e, Lock &lock, void *handle, bool force) {
  const auto it = e.streams.find(handle);
  if (it == e.streams.end() || it->second->ending) return;
  Stream &stream = *it->second;
  stream.ending = true;
  if (force) drop_tasks(e, stream);
  e.changed.notify_all();
  lock.unlock();
  if (stream.worker.joinable()) stream.worker.join();
  lock.lock();
  e.streams.erase(handle);
  e.changed.notify_all();
}

void settle_device(Engine &e, Lock &lock, int device) {
  std::vector<std::pair<void *, std::uint64_t>> all;
  for (const auto &[handle, stream] : e.streams) {
    if (stream->device == device) all.emplace_back(handle, stream->submitted);
  }
  for (const auto &[handle, ticket] : all) wait_idle(e, lock, handle, ticket, -1, 0);
}

int stream_create(void **out, std::uint32_t flags) {
  if (out == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (flags > 0x3f) return because(code::invalid, "flags %#x are unknown", flags);
  if (e.streams.size() >= stream_limit) return because(code::no_stream, "all %zu streams are in use", e.streams.size());
  *out = make_stream(e, *context, flags, false)->handle;
  return 0;
}

int stream_create_with(void **out, std::uint32_t priority, std::uint32_t flags) {
  if (priority > 7) return because(code::invalid, "priority %u is not in the range 0 to 7", priority);
  return stream_create(out, flags);
}

int stream_destroy(void *handle, bool force) {
  if (handle == nullptr) return bad_argument("null stream");
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  const Stream *stream = find_stream(e, handle, *context, code);
  if (stream == nullptr) return code;
  if (stream->is_default) {
    violation("%s of the context's default stream", current_function());
    return because(code::invalid, "the default stream belongs to the context");
  }
  const bool busy = is_busy(*stream);
  if (busy && !force && context->poison == 0) violation("stream %p was destroyed with work in it", handle);
  end_stream(e, lock, handle, force || !stream->tasks.empty());
  return 0;
}

int stream_sync(void *handle, std::int32_t timeout_ms) {
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const Stream *stream = find_stream(e, handle, *context, code);
  if (stream == nullptr) return code;
  // The vendor does not document 0, so the stand-in refuses it.
  if (timeout_ms == 0 || timeout_ms < -1) return because(code::invalid, "a timeout of %d ms is invalid", timeout_ms);
  return wait_idle(e, lock, stream->handle, stream->submitted, timeout_ms, code::stream_sync_timeout);
}

int stream_query(void *handle, std::int32_t *status) {
  if (status == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const Stream *stream = find_stream(e, handle, *context, code);
  if (stream == nullptr) return code;
  if (stream->error != 0) return because(stream->error, "a task of this stream failed");
  *status = stream->completed < stream->submitted ? 1 : 0;
  return 0;
}

// Stops the running task and drops the waiting ones. Current waits report the abort.
int stream_abort(void *handle) {
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  Context *context = need_context(e, code, Use::release);
  if (context == nullptr) return code;
  Stream *stream = find_stream(e, handle, *context, code);
  if (stream == nullptr) return code;
  drop_tasks(e, *stream);
  void *const found = stream->handle;
  e.changed.wait(lock, [&] {
    const auto it = e.streams.find(found);
    return it == e.streams.end() || !it->second->running;
  });
  return 0;
}

int stream_id(void *handle, std::int32_t *id) {
  if (id == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const Stream *stream = find_stream(e, handle, *context, code);
  if (stream == nullptr) return code;
  *id = stream->id;
  return 0;
}

int device_sync(std::int32_t timeout_ms) {
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (timeout_ms == 0 || timeout_ms < -1) return because(code::invalid, "a timeout of %d ms is invalid", timeout_ms);
  std::vector<std::pair<void *, std::uint64_t>> all;
  for (const auto &[handle, stream] : e.streams) {
    if (stream->context == context->handle) all.emplace_back(handle, stream->submitted);
  }
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(std::max(timeout_ms, 0));
  int first = 0;
  for (const auto &[handle, ticket] : all) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    const int one = wait_idle(e, lock, handle, ticket,
                              timeout_ms < 0 ? -1 : static_cast<std::int32_t>(std::max<long long>(left, 0)),
                              code::stream_sync_timeout);
    if (first == 0) first = one;
  }
  return first;
}

}  // namespace standin
