// SPDX-License-Identifier: Apache-2.0
//
// HAL_DEBUG=1: if the host crashes on a device address, one line on stderr names the memory at that address. Then the
// previous signal handler runs, and the crash takes its usual course.
#ifndef HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_
#define HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_

#include <atomic>
#include <cstdint>
#include <string_view>

namespace hal::core {

// Whether host crashes are reported.
extern std::atomic<bool> host_crash_reports;

// Installs the handler of SIGSEGV, or removes it unless another handler has been installed over it.
void report_host_crashes(bool enabled) noexcept;

// A range of device addresses that the handler knows while this exists.
class WatchedRange {
 public:
  WatchedRange() = default;
  ~WatchedRange();
  WatchedRange(const WatchedRange &) = delete;
  WatchedRange &operator=(const WatchedRange &) = delete;

  // Call it once. Does nothing if 4,096 ranges exist already.
  void start(std::uint64_t start, std::uint64_t size, std::string_view what) noexcept;

 private:
  struct RangeSlot *slot_ = nullptr;
};

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_
