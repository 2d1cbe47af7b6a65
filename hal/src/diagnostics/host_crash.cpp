// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/host_crash.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>

#include "support/text.hpp"

namespace hal::core {

constinit std::atomic<bool> host_crash_reports{false};

// One watched range. The handler may read it at any time: the other fields are valid once start is not 0.
struct RangeSlot {
  std::atomic<bool> taken{false};
  std::atomic<std::uint64_t> start{0};
  std::atomic<std::uint64_t> end{0};
  char what[192] = {};
};

namespace {

constinit std::array<RangeSlot, 4096> slots;

struct Handler {
  std::mutex mutex;
  bool installed = false;
};

Handler &handler() {
  static Handler &state = *new Handler;
  return state;
}

struct sigaction previous;  // written before the handler is installed

// A line of text, built only from what a signal handler may do.
class Line {
 public:
  Line &text(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), buffer_.size() - used_);
    std::copy_n(text.data(), size, buffer_.data() + used_);
    used_ += size;
    return *this;
  }

  Line &number(std::uint64_t value, unsigned base) noexcept {
    char digits[20];
    char *first = std::end(digits);
    do {
      *--first = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    return text({first, static_cast<std::size_t>(std::end(digits) - first)});
  }

  void write_to_stderr() const noexcept {
    const ssize_t written = write(STDERR_FILENO, buffer_.data(), used_);
    (void)written;
  }

 private:
  std::array<char, 640> buffer_;
  std::size_t used_ = 0;
};

void report(std::uint64_t address) noexcept {
  for (const RangeSlot &slot : slots) {
    const std::uint64_t start = slot.start.load(std::memory_order_acquire);
    if (start == 0 || address < start || address >= slot.end.load(std::memory_order_relaxed)) continue;
    Line line;
    line.text("[libhal] [crash] the host crashes at 0x").number(address, 16);
    line.text(": offset ").number(address - start, 10).text(" of the device address of ").text(slot.what);
    line.text("; device addresses are for kernels only: use host_ptr or hal_copy_from_device in the host\n");
    line.write_to_stderr();
    return;
  }
}

void on_fault(int signal, siginfo_t *info, void *context) {
  const int error = errno;
  if (info->si_code > 0) report(reinterpret_cast<std::uint64_t>(info->si_addr));
  errno = error;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // On return the host repeats the access, which ends the process as without this handler. A signal sent by a process
    // has no access to repeat: raise it again.
    sigaction(signal, &previous, nullptr);
    if (info->si_code <= 0) raise(signal);
  }
}

void install() noexcept {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, nullptr, &previous);
  sigaction(SIGSEGV, &action, nullptr);
}

// False: another handler was installed over this one, and may call it.
bool uninstall() noexcept {
  struct sigaction present = {};
  sigaction(SIGSEGV, nullptr, &present);
  // The program has removed the handler, and no other one can call it.
  if ((present.sa_flags & SA_SIGINFO) == 0 && (present.sa_handler == SIG_DFL || present.sa_handler == SIG_IGN))
    return true;
  if ((present.sa_flags & SA_SIGINFO) == 0 || present.sa_sigaction != on_fault) return false;
  sigaction(SIGSEGV, &previous, nullptr);
  return true;
}

}  // namespace

void report_host_crashes(bool enabled) noexcept {
  Handler &state = handler();
  const std::lock_guard lock(state.mutex);
  if (enabled && !state.installed) {
    install();
    state.installed = true;
  } else if (!enabled && state.installed && uninstall()) {
    state.installed = false;
  }
  host_crash_reports.store(enabled, std::memory_order_relaxed);
}

void WatchedRange::start(std::uint64_t start, std::uint64_t size, std::string_view what) noexcept {
  for (RangeSlot &slot : slots) {
    if (slot.taken.exchange(true, std::memory_order_acquire)) continue;
    copy_message(slot.what, sizeof(slot.what), what);
    slot.end.store(start + size, std::memory_order_relaxed);
    slot.start.store(start, std::memory_order_release);
    slot_ = &slot;
    return;
  }
}

WatchedRange::~WatchedRange() {
  if (slot_ == nullptr) return;
  slot_->start.store(0, std::memory_order_release);
  slot_->taken.store(false, std::memory_order_release);
}

}  // namespace hal::core
