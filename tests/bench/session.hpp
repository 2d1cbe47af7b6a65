// SPDX-License-Identifier: Apache-2.0
//
// The devices of the cases: a simulated device in its own process, and one on threads of this process.
#ifndef HAL_TESTS_BENCH_SESSION_HPP_
#define HAL_TESTS_BENCH_SESSION_HPP_

#include <cstdint>
#include <string>

#include "hal/hal.h"

namespace hal::bench {

// Prints the error and ends the program unless status is HAL_OK.
void check(hal_status_t status, const char *what);

// A kernel as a plain function, called in this process: the yardstick of launches of real work.
using Entry = void (*)(std::int64_t *);

struct Session {
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  hal_stream_t stream = nullptr;
  hal_kernel_t empty = nullptr;
  hal_kernel_t busy = nullptr;

  std::uint64_t launch(hal_kernel_t kernel, std::uint32_t blocks, const hal_arg_t *args = nullptr,
                       std::uint32_t arg_count = 0) const;
  void wait(std::uint64_t ticket) const;
};

// process_session() uses a device process, thread_session() device threads. The first call of each opens its device.
// The device on threads does not check for writes outside allocations. A plugin reads its options when it is loaded, so
// the two sessions use different plugins, which share one engine.
const Session &process_session();
const Session &thread_session();

Entry direct_busy();
// Steps of `busy` that take about a microsecond on this machine.
std::uint64_t busy_steps();

}  // namespace hal::bench

#endif  // HAL_TESTS_BENCH_SESSION_HPP_
