// SPDX-License-Identifier: Apache-2.0
//
// The fake backend's interface for tests: counters, the last launch, and switches that make it fail.
#ifndef HAL_TESTS_HAL_FAKE_CONTROL_HPP_
#define HAL_TESTS_HAL_FAKE_CONTROL_HPP_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "hal/hal.h"

namespace hal::fake {

// hal_device_query of this property gives the address of the plugin's Control.
inline constexpr hal_property_t kControlProperty = 0xFA4E0001u;

// A device address is the host address plus this. The host can never read it.
inline constexpr std::uint64_t kDeviceBase = std::uint64_t{1} << 60;
inline constexpr std::uint64_t kMaxBlocks = 64;

// The facts that failed work reports if Control::report_fault is set.
inline constexpr const char *kFaultKernel = "kernel_of_the_fake";
inline constexpr std::uint32_t kFaultBlock = 3;
inline constexpr std::uint64_t kFaultAddress = 0xFA4E0;

struct Launch {
  std::uint32_t block_count = 0;
  hal_convention_t convention = 0;
  hal_engine_mask_t engine = 0;
  std::uint64_t timeout_ns = 0;
  std::uint32_t arg_count = 0;
  std::string tag;
  std::array<std::uint64_t, 48> words{};
  std::array<std::uint64_t, 48> sizes{};
  std::array<hal_arg_t, 48> args{};
};

// One per plugin file.
struct Control {
  std::atomic<bool> hold{false};         // submits stay unfinished while this is set
  std::atomic<bool> block_alloc{false};  // mem_alloc does not return while this is set
  std::atomic<int> inside_alloc{0};
  std::atomic<bool> block_register{false};  // mem_register does not return until this is off again
  std::atomic<int> inside_register{0};
  std::atomic<int> inside_wait{0};

  // The status that the next call of an operation fails with; 0 = none.
  std::atomic<hal_status_t> fail_open{0};
  std::atomic<hal_status_t> fail_stream_create{0};
  std::atomic<hal_status_t> fail_alloc{0};
  std::atomic<hal_status_t> fail_free{0};  // KERNEL_FAULT: fails after freeing
  std::atomic<hal_status_t> fail_check{0};
  std::atomic<hal_status_t> fail_register{0};
  std::atomic<hal_status_t> fail_unregister{0};
  std::atomic<hal_status_t> fail_reset{0};
  std::atomic<hal_status_t> fail_silently{0};  // mem_query, without a report
  std::atomic<hal_status_t> fail_work{0};      // the status of the next submit
  std::atomic<hal_status_t> fail_wait_silently{0};

  std::atomic<bool> note_call_site{false};  // mem_alloc stores its call site in call_site
  std::string call_site;
  std::string call_site_cut;  // the same, cut to 8 bytes

  std::atomic<bool> report_fault{false};        // failed work reports the facts of a kernel
  std::atomic<bool> report_and_succeed{false};  // the next wait reports a kernel fault, and then succeeds

  // What the next operation of fake-throws throws.
  enum Thrown { kNothing, kRuntimeError, kBadAlloc, kNumber };
  std::atomic<int> throw_next{kNothing};

  std::atomic<int> opens{0};
  std::atomic<int> closes{0};
  std::atomic<int> live_memories{0};
  std::atomic<int> live_streams{0};
  std::atomic<int> live_executables{0};
  std::atomic<int> syncs{0};
  Launch launch;
};

}  // namespace hal::fake

#endif  // HAL_TESTS_HAL_FAKE_CONTROL_HPP_
