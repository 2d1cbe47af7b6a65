// SPDX-License-Identifier: Apache-2.0
#include "sim/device/argument_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "sim/wire/wire.hpp"

namespace hal::sim::device {
namespace {

// Several threads of a kernel may store at once. A jump to the page faults again and again, though.
constexpr std::uint32_t kMaxFaults = 64;

// Those that a signal handler looks through.
std::atomic<ArgumentPage *> pages[wire::kMaxWorkers];

}  // namespace

ArgumentPage::ArgumentPage() : bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
  const int file = memfd_create("hal-sim-arguments", MFD_CLOEXEC);
  if (file < 0) return;
  void *own = MAP_FAILED;
  void *shown = MAP_FAILED;
  if (ftruncate(file, static_cast<off_t>(bytes_)) == 0) {
    own = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    shown = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file, 0);
  }
  close(file);
  if (own != MAP_FAILED) own_ = own;
  if (own == MAP_FAILED || shown == MAP_FAILED) {
    if (shown != MAP_FAILED) munmap(shown, bytes_);
    return;
  }
  shown_ = shown;
  for (auto &slot : pages) {
    ArgumentPage *none = nullptr;
    if (slot.compare_exchange_strong(none, this)) return;
  }
  munmap(shown_, bytes_);
  shown_ = nullptr;
}

ArgumentPage::~ArgumentPage() {
  for (auto &slot : pages) {
    ArgumentPage *self = this;
    slot.compare_exchange_strong(self, nullptr);
  }
  if (shown_ != nullptr) munmap(shown_, bytes_);
  if (own_ != nullptr) munmap(own_, bytes_);
}

bool ArgumentPage::protect() noexcept {
  if (mprotect(shown_, bytes_, PROT_READ) != 0) return false;
  faults_.store(0, std::memory_order_relaxed);
  return true;
}

bool ArgumentPage::allow(std::uintptr_t address) noexcept {
  for (const auto &slot : pages) {
    ArgumentPage *page = slot.load(std::memory_order_acquire);
    if (page == nullptr || address - reinterpret_cast<std::uintptr_t>(page->shown_) >= page->bytes_) continue;
    if (page->faults_.fetch_add(1, std::memory_order_relaxed) >= kMaxFaults) return false;
    const int error = errno;
    const bool allowed = mprotect(page->shown_, page->bytes_, PROT_READ | PROT_WRITE) == 0;
    errno = error;
    return allowed;
  }
  return false;
}

}  // namespace hal::sim::device
