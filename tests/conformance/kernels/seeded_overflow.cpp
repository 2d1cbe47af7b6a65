// SPDX-License-Identifier: Apache-2.0
//
// Seeded bugs. The address sanitizer must find them in the process that runs kernels.
#include "hal/kernel.h"

namespace {

uint8_t table[64];

// Writes one byte too many for each block. The compiler cannot know the length of the memory.
__attribute__((noinline)) void fill_too_much(const int64_t *args, uint8_t *start) {
  uint8_t *volatile hidden = start;
  volatile uint8_t *bytes = hidden;
  for (uint32_t i = 0; i < 64 + hal_block_count(args); ++i) bytes[i] = 1;
}

}  // namespace

HAL_KERNEL(heap_overflow) {
  auto *bytes = new uint8_t[64];
  fill_too_much(args, bytes);
  delete[] bytes;
}

HAL_KERNEL(global_overflow) { fill_too_much(args, table); }
