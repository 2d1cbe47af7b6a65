// SPDX-License-Identifier: Apache-2.0
#include "diagnostics/call_site.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "diagnostics/error.hpp"

namespace hal::core {
namespace {

constinit std::atomic<bool> stacks_kept{false};

struct Free {
  void operator()(char *text) const noexcept { std::free(text); }
};

std::string demangle(const char *symbol) {
  int status = 0;
  const std::unique_ptr<char, Free> readable(abi::__cxa_demangle(symbol, nullptr, nullptr, &status));
  return status == 0 ? readable.get() : symbol;
}

std::string describe_frame(void *frame) {
  const auto address = reinterpret_cast<std::uint64_t>(frame);
  Dl_info info = {};
  // The return address of a call that never returns may be past the end of its function: look up the call instead.
  if (dladdr(static_cast<char *>(frame) - 1, &info) == 0 || info.dli_fname == nullptr)
    return fmt::format("{:#x}", address);
  std::string place =
      fmt::format("{}+{:#x}", info.dli_fname, address - reinterpret_cast<std::uint64_t>(info.dli_fbase));
  if (info.dli_sname == nullptr) return place;
  return fmt::format("{}+{:#x} ({})", demangle(info.dli_sname),
                     address - reinterpret_cast<std::uint64_t>(info.dli_saddr), place);
}

}  // namespace

void keep_call_stacks(bool keep) noexcept {
  if (keep) {
    void *first[1];
    backtrace(first, 1);  // the first call loads a library: do that here rather than in an allocation
  }
  stacks_kept.store(keep, std::memory_order_relaxed);
}

CallSite CallSite::here() noexcept {
  CallSite site;
  site.frames_[0] = api_caller();
  if (!stacks_kept.load(std::memory_order_relaxed)) return site;
  std::array<void *, 32> stack = {};
  const auto *end = stack.data() + backtrace(stack.data(), static_cast<int>(stack.size()));
  const auto *caller = std::find(static_cast<void *const *>(stack.data()), end, site.frames_[0]);
  std::copy_n(caller, std::min<std::ptrdiff_t>(end - caller, std::ssize(site.frames_)), site.frames_.begin());
  return site;
}

std::string CallSite::describe() const {
  std::string text;
  for (void *frame : frames_) {
    if (frame == nullptr) break;
    if (!text.empty()) text += " < ";
    text += describe_frame(frame);
  }
  return text.empty() ? "an unknown place" : text;
}

namespace {

std::size_t word_bytes(const hal_call_site_v1_t &site) noexcept {
  constexpr std::size_t kStart = offsetof(hal_call_site_v1_t, words);
  const std::size_t size = std::min<std::size_t>(site.struct_size, sizeof(site));
  return size < kStart ? 0 : (size - kStart) / sizeof(void *) * sizeof(void *);
}

}  // namespace

void CallSite::write(hal_call_site_v1_t &out) const noexcept {
  static_assert(sizeof(frames_) == sizeof(out.words));
  std::memcpy(out.words, frames_.data(), word_bytes(out));
}

CallSite CallSite::read(const hal_call_site_v1_t &given) noexcept {
  CallSite site;
  std::memcpy(site.frames_.data(), given.words, word_bytes(given));
  return site;
}

}  // namespace hal::core
