// SPDX-License-Identifier: Apache-2.0
//
// A seeded bug: blocks write the same word without synchronisation. The thread sanitizer must find it.
#include <time.h>

#include "hal/kernel.h"

namespace {

int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

// counter u64: each block counts for three milliseconds, long enough for a second worker to take a block
HAL_KERNEL(racing_blocks) {
  volatile uint64_t *counter = hal_arg_pointer<uint64_t>(args, 0);
  for (const int64_t end = now_ns() + 3'000'000; now_ns() < end;) *counter = *counter + 1;
}
