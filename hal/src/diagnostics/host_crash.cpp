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

// One watched range. The handler may look at any moment: what it reads is complete once start is not 0.
struct Place {
  std::atomic<bool> taken{false};
  std::atomic<std::uint64_t> start{0};
  std::atomic<std::uint64_t> end{0};
  char what[192] = {};
};

namespace {

constinit std::array<Place, 4096> places;

struct Handler {
  std::mutex mutex;
  bool installed = false;
};

Handler &handler() {
  static Handler &state = *new Handler;
  return state;
}

struct sigaction previous;  // written before the handler is in place

// A line put together without anything that a signal handler may not do.
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

void tell(std::uint64_t address) noexcept {
  for (const Place &place : places) {
    const std::uint64_t start = place.start.load(std::memory_order_acquire);
    if (start == 0 || address < start || address >= place.end.load(std::memory_order_relaxed)) continue;
    Line line;
    line.text("[libhal] [fault] the host crashes at 0x").number(address, 16);
    line.text(": offset ").number(address - start, 10).text(" of the device address of ").text(place.what);
    line.text("; device addresses are for kernels, the host uses host_ptr or hal_copy_from_device\n");
    line.write_to_stderr();
    return;
  }
}

void on_fault(int signal, siginfo_t *info, void *context) {
  const int error = errno;
  if (info->si_code > 0) tell(reinterpret_cast<std::uint64_t>(info->si_addr));
  errno = error;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // The access is made again on return, and ends the process as if this handler had never been. A signal that
    // somebody has sent has no access: it is sent again, and waits for the return.
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

// False: another handler lies over ours, and may call it.
bool uninstall() noexcept {
  struct sigaction present = {};
  sigaction(SIGSEGV, nullptr, &present);
  // The program has taken ours away, and nobody is left who could call it.
  if ((present.sa_flags & SA_SIGINFO) == 0 && (present.sa_handler == SIG_DFL || present.sa_handler == SIG_IGN))
    return true;
  if ((present.sa_flags & SA_SIGINFO) == 0 || present.sa_sigaction != on_fault) return false;
  sigaction(SIGSEGV, &previous, nullptr);
  return true;
}

}  // namespace

void report_host_crashes(bool tell) noexcept {
  Handler &state = handler();
  const std::lock_guard lock(state.mutex);
  if (tell && !state.installed) {
    install();
    state.installed = true;
  } else if (!tell && state.installed && uninstall()) {
    state.installed = false;
  }
  host_crash_reports.store(tell, std::memory_order_relaxed);
}

void AddressWatch::start(std::uint64_t start, std::uint64_t size, std::string_view what) noexcept {
  for (Place &place : places) {
    if (place.taken.exchange(true, std::memory_order_acquire)) continue;
    copy_utf8(place.what, sizeof(place.what), what);
    place.end.store(start + size, std::memory_order_relaxed);
    place.start.store(start, std::memory_order_release);
    place_ = &place;
    return;
  }
}

AddressWatch::~AddressWatch() {
  if (place_ == nullptr) return;
  place_->start.store(0, std::memory_order_release);
  place_->taken.store(false, std::memory_order_release);
}

}  // namespace hal::core
