// SPDX-License-Identifier: Apache-2.0
//
// The effects of opening a library, and init, finalise, versions, recent errors.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine.hpp"

namespace standin {

Engine &engine() {
  static Engine &the = *new Engine;  // never destroyed: idle threads wait on it
  return the;
}

// Above every address that a process can have.
void *new_handle(Engine &e) {
  e.next_handle += 64;
  return reinterpret_cast<void *>((~std::uintptr_t{0} >> 4) + 1 + e.next_handle);
}

namespace {

void on_signal(int number) {
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// Like the vendor's runtime: replaces the application's handlers for 13 signals, and starts one thread.
void take_signals() {
  const char *asked = std::getenv("ASCEND_COREDUMP_SIGNAL");
  if (asked != nullptr && std::strcmp(asked, "none") == 0) return;
  const int signals[] = {SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,      SIGFPE,
                         SIGSEGV, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS,  SIGRTMIN + 1};
  for (const int number : signals) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    ::sigaction(number, &action, nullptr);
  }
  std::thread([] {
    Lock lock(engine().mutex);
    engine().changed.wait(lock, [] { return false; });
  }).detach();
}

}  // namespace

void opened(int release, int devices) {
  Engine &e = engine();
  std::string failures_error;
  {
    std::lock_guard guard(e.mutex);
    if (e.open) {
      if (e.release != release) {
        std::fprintf(stderr, "stand-in: this process uses release %d and cannot also open release %d\n", e.release,
                     release);
        std::abort();
      }
      return;
    }
    e.open = true;
    e.release = release;
    e.default_devices = devices;
    e.config = read_config(e, devices);
    e.visible = visible_devices(std::getenv("ASCEND_RT_VISIBLE_DEVICES"), e.config.devices);
  }
  const char *failures = std::getenv("STANDIN_FAIL");
  if (failures != nullptr && !spec_of_failures(failures, failures_error)) {
    std::fprintf(stderr, "stand-in: STANDIN_FAIL: %s\n", failures_error.c_str());
    std::abort();
  }
  take_signals();
}

int init(const char *config) {
  if (config != nullptr)
    violation(
        "aclInit with a configuration file: the runtime ignores it if another component called aclInit first; pass "
        "NULL");
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.visible.empty() && e.config.driver == "ok") return because(code::acl_failure, "no device");
  e.finalized = false;
  // A repeated call fails but is counted.
  if (++e.inits > 1) return because(code::repeat_initialize, "acl is initialised already");
  return 0;
}

// Ends the runtime immediately, even if others have initialised it.
int finalize() {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.finalized) return because(code::repeat_finalize, "acl is finalised already");
  if (e.inits > 1) violation("aclFinalize ends the runtime for %u other users", e.inits - 1);
  e.inits = 0;
  e.finalized = true;
  return 0;
}

int finalize_reference(std::uint64_t *count) {
  Engine &e = engine();
  std::lock_guard guard(e.mutex);
  if (e.inits == 0) {
    violation("aclFinalizeReference without a matching aclInit");
    return because(code::repeat_finalize, "acl is finalised already");
  }
  e.finalized = --e.inits == 0;
  if (count != nullptr) *count = e.inits;
  return 0;
}

const char *recent_error() { return take_recent_error(); }

int last_error(int level, bool clear) {
  if (level != 0) return bad_argument("the level is not 0 (thread)");
  return take_last_code(clear);
}

int version(std::int32_t *major, std::int32_t *minor, std::int32_t *patch) {
  if (major == nullptr || minor == nullptr || patch == nullptr) return bad_argument("null output");
  // The version of the API, not of the package.
  *major = 1;
  *minor = engine().release >= 850 ? 15 : 14;
  *patch = 0;
  return 0;
}

namespace {
std::string release_text() {
  const int release = engine().release;
  return std::to_string(release / 100) + "." + std::to_string(release / 10 % 10) + "." + std::to_string(release % 10) +
         "-standin";
}
}  // namespace

// The fact sheet gives only the first member of the struct, 128 characters of text.
int package_version(std::int32_t package, void *out) {
  if (out == nullptr || package < 0 || package > 7) return bad_argument("null output or unknown package");
  std::snprintf(static_cast<char *>(out), 128, "%s", release_text().c_str());
  return 0;
}

int version_text(const char *package, char *text) {
  if (package == nullptr || text == nullptr) return bad_argument("null");
  std::snprintf(text, 128, "%s", release_text().c_str());
  return 0;
}

int version_number(const char *package, std::int32_t *number) {
  if (package == nullptr || number == nullptr) return bad_argument("null");
  *number = engine().release * 10000;
  return 0;
}

// For functions that the release declares but that the stand-in does not implement. They must not report success.
int not_simulated() {
  violation("%s is not simulated by the stand-in", current_function());
  return because(code::unsupported, "not simulated");
}

}  // namespace standin
