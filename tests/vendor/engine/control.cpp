// SPDX-License-Identifier: Apache-2.0
//
// The list of calls, injected failures, recent errors, violations.
#include <unistd.h>

#include <sys/syscall.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine.hpp"
#include "standin.h"

namespace standin {
namespace {

struct Ordered {
  std::string function;
  unsigned left;  // 0: every call
  int code;
  bool happened = false;
};

struct Recorded {
  std::string function, arguments;
  int code;
  std::uint64_t thread;
  char family;
};

struct Log {
  std::mutex mutex;
  std::deque<Recorded> calls;  // a deque keeps the addresses of its elements
  std::size_t cleared = 0;     // number of calls that were removed from the front
  std::deque<std::string> violations;
  std::vector<Ordered> ordered;
};
Log &log() {
  static Log &the = *new Log;
  return the;
}

struct ThreadState {
  const char *function = "";
  Family family = Family::acl;
  std::string reason;  // why the current call fails
  int last_code = 0;
  std::string recent;
  bool has_recent = false;
  std::vector<char> given;  // what recent_error() returned last
  void *witness = nullptr;
};
ThreadState &thread_state() {
  thread_local ThreadState state;
  return state;
}

std::string formatted(const char *format, va_list list) {
  char text[1024];
  std::vsnprintf(text, sizeof text, format, list);
  return text;
}

// The vendor's documents require aclInit before every call except these. The vendor's runtime does not check it.
bool needs_init(std::string_view function) {
  static const std::set<std::string_view> free_of_it = {"aclInit",
                                                        "aclFinalize",
                                                        "aclFinalizeReference",
                                                        "aclGetRecentErrMsg",
                                                        "aclrtGetDeviceCount",
                                                        "aclrtGetVersion",
                                                        "aclrtGetLastError",
                                                        "aclrtPeekAtLastError",
                                                        "aclsysGetVersionStr",
                                                        "aclsysGetVersionNum",
                                                        "aclsysGetCANNVersion"};
  return free_of_it.count(function) == 0;
}

// In the form of the vendor's texts: an error name, the reason, a solution.
std::string error_text(const std::string &function, int code, const std::string &reason) {
  const bool argument = code / 1000 == 100 || code / 1000 == 107;
  return std::string(argument ? "EE1001: The argument is invalid. Reason: " : "EE9999: Inner Error! Reason: ") +
         function + " failed with " + std::to_string(code) + (reason.empty() ? "" : ": " + reason) +
         "\n        Solution: see the README of the stand-in.\n        TraceBack (most recent call last): stand-in\n";
}

}  // namespace

Entry::Entry(Family family, const char *function, std::initializer_list<Arg> arguments) {
  ThreadState &state = thread_state();
  state.function = function;
  state.family = family;
  state.reason.clear();
  std::string text;
  for (const Arg &arg : arguments) {
    char one[32];
    std::snprintf(one, sizeof one, arg.decimal ? "%s%lld" : "%s0x%llx", text.empty() ? "" : ", ",
                  static_cast<long long>(arg.value));
    text += one;
  }
  if (family == Family::acl && needs_init(function)) {
    Lock lock(engine().mutex);
    if (engine().inits == 0) {
      lock.unlock();
      violation("%s before aclInit", function);
    }
  }
  std::lock_guard guard(log().mutex);
  index_ = log().cleared + log().calls.size();
  log().calls.push_back(
      {function, text, INT32_MIN, static_cast<std::uint64_t>(::syscall(SYS_gettid)), static_cast<char>(family)});
  for (Ordered &order : log().ordered) {
    if (order.function != function) continue;
    if (order.left > 1) {
      --order.left;
    } else {
      refused_ = true;
      code_ = order.code;
      order.happened = true;
      if (order.left == 1) order.function.clear();
      state.reason = "a test injected this failure";
    }
  }
}

int Entry::done(int code) {
  ThreadState &state = thread_state();
  if (code != 0) {
    state.last_code = code;
    if (!state.given.empty()) std::memset(state.given.data(), '#', state.given.size() - 1);
    state.recent = error_text(state.function, code, state.reason);
    state.has_recent = true;
  }
  std::lock_guard guard(log().mutex);
  if (index_ >= log().cleared) log().calls[index_ - log().cleared].code = code;
  return code;
}

const char *current_function() { return thread_state().function; }
Family current_family() { return thread_state().family; }

int because(int code, const char *format, ...) {
  va_list list;
  va_start(list, format);
  thread_state().reason = formatted(format, list);
  va_end(list);
  return code;
}

int bad_argument(const char *what) {
  return because(current_family() == Family::acl ? code::acl_invalid : code::invalid, "%s", what);
}

void violation(const char *format, ...) {
  va_list list;
  va_start(list, format);
  std::string text = formatted(format, list);
  va_end(list);
  std::fprintf(stderr, "stand-in: violation: %s\n", text.c_str());
  const bool stop = engine().config.abort_on_violation;
  {
    std::lock_guard guard(log().mutex);
    log().violations.push_back(std::move(text));
  }
  if (stop) std::abort();
}

// Only the latest pointer is valid. The earlier text is overwritten, so that a test detects a program that kept it.
char *take_recent_error() {
  ThreadState &state = thread_state();
  if (!state.given.empty()) std::memset(state.given.data(), '#', state.given.size() - 1);
  if (!state.has_recent) return nullptr;
  state.given.assign(state.recent.c_str(), state.recent.c_str() + state.recent.size() + 1);
  state.has_recent = false;
  return state.given.data();
}

int take_last_code(bool clear) {
  const int code = thread_state().last_code;
  if (clear) thread_state().last_code = 0;
  return code;
}

// "aclrtMalloc#2=207001;aclrtMemcpy#*=507899"
bool spec_of_failures(const std::string &text, std::string &error) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string one = text.substr(at, end - at);
    at = end + 1;
    const std::size_t hash = one.find('#'), equals = one.find('=');
    const std::string number = hash == std::string::npos ? "" : one.substr(hash + 1, equals - hash - 1);
    char *rest = nullptr;
    const long code = equals == std::string::npos ? 0 : std::strtol(one.c_str() + equals + 1, &rest, 10);
    const long n = number == "*" ? 0 : std::strtol(number.c_str(), nullptr, 10);
    if (hash == 0 || equals == std::string::npos || rest == one.c_str() + equals + 1 || *rest != 0 ||
        (number != "*" && n <= 0)) {
      error = "\"" + one + "\" is not FUNCTION#N=CODE or FUNCTION#*=CODE";
      return false;
    }
    standin_fail(one.substr(0, hash).c_str(), static_cast<unsigned>(n), static_cast<int>(code));
  }
  return true;
}

std::vector<std::string> alive() {
  standin_live_t live;
  standin_live(&live);
  std::vector<std::string> out;
  const auto add = [&](std::uint64_t n, const char *what) {
    if (n != 0) out.push_back(std::to_string(n) + " " + what);
  };
  add(live.inits, "aclInit without its aclFinalize or aclFinalizeReference");
  add(live.set_devices, "SetDevice without its ResetDevice");
  add(live.contexts, "contexts not destroyed");
  add(live.device_allocations, "device allocations not freed");
  add(live.host_allocations, "host allocations not freed");
  add(live.registrations, "registrations not unregistered");
  add(live.streams, "streams not destroyed");
  add(live.events, "events not destroyed");
  add(live.binaries, "binaries not unloaded");
  return out;
}

namespace {
// For programs that a test starts: at exit they write their violations to the report.
struct AtExit {
  ~AtExit() {
    if (engine().config.report.empty()) return;
    std::FILE *file = std::fopen(engine().config.report.c_str(), "ae");
    if (file == nullptr) return;
    for (const std::string &text : log().violations) std::fprintf(file, "violation: %s\n", text.c_str());
    for (const std::string &text : alive()) std::fprintf(file, "alive: %s\n", text.c_str());
    std::fclose(file);
  }
} at_exit;
}  // namespace

}  // namespace standin

using namespace standin;

const char *standin_version(void) {
  return "stand-in for a vendor runtime, written from a fact sheet; it does not drive a device";
}

void standin_fail(const char *function, unsigned n, int code) {
  std::lock_guard guard(log().mutex);
  log().ordered.push_back({function, n, code});
}

unsigned standin_fail_clear(void) {
  std::lock_guard guard(log().mutex);
  unsigned never = 0;
  for (const Ordered &order : log().ordered) never += order.happened ? 0 : 1;
  log().ordered.clear();
  return never;
}

size_t standin_calls(void) {
  std::lock_guard guard(log().mutex);
  return log().calls.size();
}

int standin_call(size_t index, standin_call_t *out) {
  std::lock_guard guard(log().mutex);
  if (index >= log().calls.size()) return -1;
  const Recorded &call = log().calls[index];
  *out = {call.function.c_str(), call.arguments.c_str(), call.code, call.thread, call.family};
  return 0;
}

size_t standin_calls_of(const char *function) {
  std::lock_guard guard(log().mutex);
  size_t n = 0;
  for (const Recorded &call : log().calls) n += call.function == function ? 1 : 0;
  return n;
}

void standin_calls_clear(void) {
  std::lock_guard guard(log().mutex);
  log().cleared += log().calls.size();
  log().calls.clear();
}

size_t standin_violations(void) {
  std::lock_guard guard(log().mutex);
  return log().violations.size();
}

const char *standin_violation(size_t index) {
  std::lock_guard guard(log().mutex);
  return index < log().violations.size() ? log().violations[index].c_str() : nullptr;
}

void standin_violations_clear(void) {
  std::lock_guard guard(log().mutex);
  log().violations.clear();
}

unsigned standin_check_closed(void) {
  const std::vector<std::string> left = alive();
  for (const std::string &text : left) violation("at the end: %s", text.c_str());
  return static_cast<unsigned>(left.size());
}

void standin_live(standin_live_t *out) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  *out = {};
  out->inits = e.inits;
  out->host_allocations = e.host_blocks.size();
  for (const auto &[number, device] : e.devices) {
    out->set_devices += device->references;
    out->device_allocations += device->allocations.size();
    out->registrations += device->mappings.size();
  }
  for (const auto &[address, registered] : e.registered) out->registrations += registered.pinned_only ? 1 : 0;
  for (const auto &[handle, context] : e.contexts) out->contexts += context->primary ? 0 : 1;
  for (const auto &[handle, stream] : e.streams) out->streams += stream->is_default ? 0 : 1;
  out->events = e.events.size();
  out->binaries = e.binaries.size();
}

uint64_t standin_current_context(void) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  void *handle = thread_context();
  return e.contexts.count(handle) == 0 ? 0 : reinterpret_cast<uint64_t>(handle);
}

void standin_context_check_begin(void) { thread_state().witness = reinterpret_cast<void *>(standin_current_context()); }

int standin_context_check_end(void) {
  const uint64_t before = reinterpret_cast<uint64_t>(thread_state().witness), now = standin_current_context();
  if (before == now) return 0;
  violation("the caller's context changed from %#llx to %#llx", static_cast<unsigned long long>(before),
            static_cast<unsigned long long>(now));
  return 1;
}
