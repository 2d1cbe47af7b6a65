// SPDX-License-Identifier: Apache-2.0
//
// HAL_DEBUG=1: when the host crashes on a device address, one line on stderr says whose it is. The handler that was
// there before is called then, and the crash happens as it would have.
#ifndef HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_
#define HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_

#include <atomic>
#include <cstdint>
#include <string_view>

namespace hal::core {

extern std::atomic<bool> host_crash_reports;

// Puts the handler of SIGSEGV in place, or takes it away if nobody has put another one over it.
void report_host_crashes(bool tell) noexcept;

// Makes a range of device addresses known to the handler, for as long as this lives.
class AddressWatch {
 public:
  AddressWatch() = default;
  ~AddressWatch();
  AddressWatch(const AddressWatch &) = delete;
  AddressWatch &operator=(const AddressWatch &) = delete;

  // Once. Does nothing if all places are taken: there are 4,096.
  void start(std::uint64_t start, std::uint64_t size, std::string_view what) noexcept;

 private:
  struct Place *place_ = nullptr;
};

}  // namespace hal::core

#endif  // HAL_SRC_DIAGNOSTICS_HOST_CRASH_HPP_
