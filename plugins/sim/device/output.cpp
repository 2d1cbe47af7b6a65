// SPDX-License-Identifier: Apache-2.0
#include "sim/device/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "sim/device/worker.hpp"

#ifdef HAL_SIM_SHARED_LIBSTDCXX
#include <ext/stdio_sync_filebuf.h>

#include <iostream>
#endif

namespace hal::sim::device::output {
namespace {

constexpr std::size_t kLabelBytes = 128;  // "[" label " block " number "] "
constexpr std::size_t kMaxLabelBytes = 96;
constexpr int kEndWaitMs = 100;  // for a reader that does not read, when the process ends

std::string_view label;

// The text that one thread has printed and that is not written yet. There is space for the label before the text, so
// that one write outputs both. Lines are never freed; another thread reuses the line of a thread that has ended.
struct Line {
  std::atomic<bool> used{true};
  std::atomic<bool> busy{false};  // its thread changes it, or the thread that ends the process has taken it
  std::atomic<std::size_t> size{0};
  Line *next = nullptr;
  std::uint32_t block = 0;
  bool in_block = false;
  char bytes[kMaxLineBytes];
};
constexpr std::size_t kTextBytes = kMaxLineBytes - kLabelBytes - 1;  // and a newline

std::atomic<Line *> lines{nullptr};
thread_local Line *own_line = nullptr;  // not atomic: a signal handler of the same thread reads it

std::size_t put(char *to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return text.size();
}

std::size_t put_number(char *to, std::uint32_t number) noexcept {
  char digits[10];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  std::reverse_copy(digits, digits + count, to);
  return count;
}

// Waits until stderr accepts output, for limit_ms at most (−1: no limit). Returns false if it does not.
bool wait_until_writable(int limit_ms) noexcept {
  pollfd event = {STDERR_FILENO, POLLOUT, 0};
  int ready = 0;
  do {
    ready = poll(&event, 1, limit_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void write_all(const char *bytes, std::size_t size, int limit_ms) noexcept {
  while (size != 0) {
    if (limit_ms >= 0 && !wait_until_writable(limit_ms)) return;
    const ssize_t written = write(STDERR_FILENO, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN && wait_until_writable(limit_ms)) continue;
    if (written <= 0) return;  // there is no reader
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

// Writes the line's text with label and newline, and empties it. Async-signal-safe.
void write_line(Line &line, int limit_ms) noexcept {
  const std::size_t size = line.size.load(std::memory_order_acquire);
  char head[kLabelBytes];
  std::size_t length = put(head, "[");
  length += put(head + length, label);
  if (line.in_block) {
    length += put(head + length, " block ");
    length += put_number(head + length, line.block);
  }
  length += put(head + length, "] ");
  char *start = line.bytes + kLabelBytes - length;
  std::memcpy(start, head, length);
  line.bytes[kLabelBytes + size] = '\n';
  line.size.store(0, std::memory_order_release);
  write_all(start, length + size + 1, limit_ms);
}

// Releases the line when its thread ends. This includes threads that a kernel starts.
struct LineEnd {
  ~LineEnd() {
    end_line();
    own_line->used.store(false, std::memory_order_release);
    own_line = nullptr;
  }
};

Line *take_line() {
  for (Line *line = lines.load(std::memory_order_acquire); line != nullptr; line = line->next) {
    bool used = false;
    if (line->used.compare_exchange_strong(used, true)) return line;
  }
  Line *line = new (std::nothrow) Line;
  if (line == nullptr) return nullptr;
  line->next = lines.load(std::memory_order_relaxed);
  while (!lines.compare_exchange_weak(line->next, line, std::memory_order_release)) {
  }
  return line;
}

Line *line_of_this_thread() {
  if (own_line == nullptr && (own_line = take_line()) != nullptr) {
    thread_local const LineEnd end;
    static_cast<void>(end);
  }
  return own_line;
}

// Adds text that contains no newline. If the line is full, it is written and the rest starts a new line.
void append(Line &line, std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = line.size.load(std::memory_order_relaxed);
    const std::size_t count = std::min(text.size(), kTextBytes - size);
    std::memcpy(line.bytes + kLabelBytes + size, text.data(), count);
    line.size.store(size + count, std::memory_order_release);
    text.remove_prefix(count);
    if (size + count == kTextBytes && !text.empty()) write_line(line, -1);
  }
}

void begin_line(Line &line) {
  if (line.size.load(std::memory_order_relaxed) != 0) return;
  const Worker *worker = Worker::current();
  line.in_block = worker != nullptr && worker->command() != nullptr;
  if (!line.in_block) return;
  line.block = worker->block();
  worker->note_output(end_line);
}

// The write function of both streams. The printing thread calls it and holds the stream's lock.
ssize_t print(void *, const char *bytes, std::size_t size) {
  Line *line = line_of_this_thread();
  if (line == nullptr) {  // out of memory: print without a label
    write_all(bytes, size, -1);
    return static_cast<ssize_t>(size);
  }
  if (line->busy.exchange(true, std::memory_order_acquire)) return static_cast<ssize_t>(size);  // the process is ending
  for (std::string_view text(bytes, size); !text.empty();) {
    begin_line(*line);
    const std::size_t newline = text.find('\n');
    append(*line, text.substr(0, newline));
    if (newline == text.npos) break;
    write_line(*line, -1);
    text.remove_prefix(newline + 1);
  }
  line->busy.store(false, std::memory_order_release);
  return static_cast<ssize_t>(size);
}

std::FILE *make_stream() {
  cookie_io_functions_t functions = {};
  functions.write = print;
  std::FILE *stream = fopencookie(nullptr, "w", functions);
  if (stream != nullptr) std::setvbuf(stream, nullptr, _IONBF, 0);
  return stream;
}

// The C++ library's streams keep the C streams that existed when the library was loaded. If this program links the
// library statically, the one of a kernel object is loaded later and finds the new streams.
void point_cxx_streams() {
#ifdef HAL_SIM_SHARED_LIBSTDCXX
  static __gnu_cxx::stdio_sync_filebuf<char> out(stdout);
  static __gnu_cxx::stdio_sync_filebuf<char> err(stderr);
  std::cout.rdbuf(&out);
  std::cerr.rdbuf(&err);
  std::clog.rdbuf(&err);
#endif
}

}  // namespace

void install(const char *text) {
  label = std::string_view(text).substr(0, kMaxLabelBytes);
  std::FILE *out = make_stream();
  std::FILE *err = make_stream();
  if (out == nullptr || err == nullptr) return;  // out of memory: output goes to stderr without labels
  stdout = out;
  stderr = err;
  point_cxx_streams();
}

void end_line() noexcept {
  Line *line = own_line;
  if (line == nullptr || line->size.load(std::memory_order_relaxed) == 0) return;
  if (line->busy.exchange(true, std::memory_order_acquire)) return;  // the process is ending
  write_line(*line, -1);
  line->busy.store(false, std::memory_order_release);
}

// The calling thread's own line is taken even in the midst of a change: it is this thread that was interrupted.
void end_all_lines() noexcept {
  for (Line *line = lines.load(std::memory_order_acquire); line != nullptr; line = line->next) {
    const bool busy = line->busy.exchange(true, std::memory_order_acquire);
    if (busy && line != own_line) continue;
    if (line->size.load(std::memory_order_acquire) != 0) write_line(*line, kEndWaitMs);
  }
}

}  // namespace hal::sim::device::output
