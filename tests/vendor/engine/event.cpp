// SPDX-License-Identifier: Apache-2.0
//
// Events. The two kinds differ before an event is first recorded: a modern event is then complete. The other kind is
// not, and a stream that waits for it waits for its first record.
#include <chrono>

#include "engine.hpp"

namespace standin {
namespace {

constexpr std::uint32_t flag_timeline = 0x8;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

Event *find_event(Engine &e, void *handle, int &code) {
  const auto it = e.events.find(handle);
  if (it == e.events.end()) {
    code = because(code::invalid_handle, "%p is not an event", handle);
    return nullptr;
  }
  if (it->second->family != current_family()) violation("%s on an event of the other family", current_function());
  return it->second.get();
}

}  // namespace

int event_create(void **out, std::uint32_t flags, bool modern) {
  if (out == nullptr) return bad_argument("null output");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  const std::uint32_t known = 0x2b | (e.release >= 850 ? 0x50u : 0u);
  if (flags == 0 || (flags & ~known) != 0) return because(code::invalid, "flags %#x are unknown", flags);
  if ((flags & 0x70) != 0) return because(code::unsupported, "flags %#x are not simulated", flags);
  auto event = std::make_unique<Event>();
  event->handle = new_handle(e);
  event->context = context->handle;
  event->flags = flags;
  event->modern = modern;
  event->family = current_family();
  *out = event->handle;
  e.events[event->handle] = std::move(event);
  return 0;
}

int event_destroy(void *handle) {
  if (handle == nullptr) return bad_argument("null event");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code, Use::release) == nullptr) return code;
  const Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  if (event->waiters != 0) violation("event %p was destroyed while a stream waits for it", handle);
  e.events.erase(handle);
  e.changed.notify_all();
  return 0;
}

int event_record(void *handle, void *stream_handle) {
  if (handle == nullptr) return bad_argument("null event");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  Stream *stream = find_stream(e, stream_handle, *context, code);
  if (stream == nullptr) return code;
  const std::uint64_t number = ++event->recorded;
  submit(e, *stream,
         {[&e, handle, number](Stream &) {
            std::lock_guard lock(e.mutex);
            const auto it = e.events.find(handle);
            if (it == e.events.end()) return 0;
            if (number > it->second->completed) it->second->completed = number;
            it->second->nanoseconds = now_ns();
            return 0;
          },
          true});
  return 0;
}

int event_reset(void *handle, void *stream_handle) {
  if (handle == nullptr) return bad_argument("null event");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  if (find_event(e, handle, code) == nullptr) return code;
  Stream *stream = find_stream(e, stream_handle, *context, code);
  if (stream == nullptr) return code;
  submit(e, *stream, {[&e, handle](Stream &) {
           std::lock_guard lock(e.mutex);
           const auto it = e.events.find(handle);
           if (it != e.events.end()) it->second->recorded = it->second->completed = 0;
           return 0;
         }});
  return 0;
}

int event_wait(void *stream_handle, void *handle, std::int32_t timeout) {
  if (handle == nullptr) return bad_argument("null event");
  if (timeout < 0) return because(code::invalid, "a timeout of %d is invalid", timeout);
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  Context *context = need_context(e, code);
  if (context == nullptr) return code;
  Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  Stream *stream = find_stream(e, stream_handle, *context, code);
  if (stream == nullptr) return code;
  if (event->recorded == 0 && event->modern) return 0;
  const std::uint64_t number = event->recorded == 0 ? 1 : event->recorded;
  const std::uint64_t seconds = timeout != 0 ? static_cast<std::uint64_t>(timeout) : e.wait_timeout_s;
  ++event->waiters;
  // Runs when the task is destroyed, executed or dropped, with the lock held.
  const std::shared_ptr<void> waiter(nullptr, [&e, handle](void *) {
    const auto it = e.events.find(handle);
    if (it != e.events.end()) --it->second->waiters;
  });
  submit(e, *stream, {[&e, handle, number, seconds, waiter](Stream &self) {
           Lock lock(e.mutex);
           const auto reached = [&] {
             const auto it = e.events.find(handle);
             return it == e.events.end() || it->second->completed >= number;
           };
           const auto over = [&] { return was_aborted(self) || poison_of(e, self.context) != 0 || reached(); };
           if (seconds == 0) {
             e.changed.wait(lock, over);
           } else {
             e.changed.wait_for(lock, std::chrono::seconds(seconds), over);
           }
           return reached() ? 0 : was_aborted(self) ? code::stream_abort : code::wait_timeout;
         }});
  return 0;
}

int event_sync(void *handle, std::int32_t timeout_ms) {
  if (handle == nullptr) return bad_argument("null event");
  Engine &e = engine();
  Lock lock(e.mutex);
  int code = 0;
  const Context *context = need_context(e, code);
  if (context == nullptr) return code;
  void *const current = context->handle;
  const Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  if (timeout_ms == 0 || timeout_ms < -1) return because(code::invalid, "a timeout of %d ms is invalid", timeout_ms);
  const std::uint64_t number = event->recorded;
  if (number == 0) return event->modern ? 0 : because(code::invalid, "the event was never recorded");
  const auto over = [&] {
    const auto it = e.events.find(handle);
    return it == e.events.end() || it->second->completed >= number || poison_of(e, current) != 0;
  };
  if (timeout_ms < 0) {
    e.changed.wait(lock, over);
  } else if (!e.changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), over)) {
    return because(code::event_sync_timeout, "not complete after %d ms", timeout_ms);
  }
  const int poison = poison_of(e, current);
  if (poison != 0) return because(poison, "a kernel failed on this device");
  return e.events.count(handle) != 0 ? 0 : because(code::invalid_handle, "the event was destroyed during the wait");
}

// 0 = not ready, 1 = complete. For streams it is the opposite.
int event_query(void *handle, std::int32_t *status) {
  if (handle == nullptr || status == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  const Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  const bool complete = event->recorded == 0 ? event->modern : event->completed >= event->recorded;
  *status = complete ? 1 : 0;
  return 0;
}

int event_elapsed(float *ms, void *start, void *end) {
  if (ms == nullptr || start == nullptr || end == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  const Event *first = find_event(e, start, code), *last = first == nullptr ? nullptr : find_event(e, end, code);
  if (last == nullptr) return code;
  if ((first->flags & last->flags & flag_timeline) == 0)
    return because(code::invalid, "an event was created without TIME_LINE");
  if (first->completed == 0 || last->completed < last->recorded || last->completed == 0) {
    return because(code::invalid, "an event is not complete");
  }
  *ms = static_cast<float>(static_cast<double>(last->nanoseconds) - static_cast<double>(first->nanoseconds)) / 1e6f;
  return 0;
}

int event_timestamp(void *handle, std::uint64_t *timestamp) {
  if (handle == nullptr || timestamp == nullptr) return bad_argument("null");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  const Event *event = find_event(e, handle, code);
  if (event == nullptr) return code;
  if ((event->flags & flag_timeline) == 0 || event->completed == 0) {
    return because(code::invalid, "the event was created without TIME_LINE, or is not complete");
  }
  *timestamp = event->nanoseconds / 1000;
  return 0;
}

int set_wait_timeout(std::uint32_t seconds) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  e.wait_timeout_s = seconds;
  return 0;
}

// The hardware's clock is coarse, so the actual limit is returned, here in whole milliseconds.
int set_execute_timeout(std::uint64_t microseconds, std::uint64_t *actual) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  int code = 0;
  if (need_context(e, code) == nullptr) return code;
  e.execute_timeout_us = (microseconds + 999) / 1000 * 1000;
  if (actual != nullptr) *actual = e.execute_timeout_us;
  return 0;
}

}  // namespace standin
