// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdlib>

#include "hal/kernel.h"

HAL_KERNEL(empty) {}

// Counts each block once: slot 0 counters[block_count], slot 1 sum of blocks.
HAL_KERNEL(count_blocks) {
  auto *counters = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  counters[hal_block_index(args)].fetch_add(1);
  args[0] = 0;  // the next block must not see this
}

// Works for about as many nanoseconds as slot 1 says, and notes which thread ran the block.
HAL_KERNEL(busy_blocks) {
  auto *counters = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 1); ++i) sum = sum + i;
  counters[hal_block_index(args)].fetch_add(1);
}

// Waits until *slot 0 is not zero, then writes 2 to the word behind it.
HAL_KERNEL(wait_for_flag) {
  auto *flag = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  while (flag[0].load() == 0) {
  }
  flag[1].store(2);
}

HAL_KERNEL(read_address) {
  hal_arg_pointer<volatile uint32_t>(args, 1)[0] = hal_arg_pointer<volatile uint32_t>(args, 0)[0];
}

HAL_KERNEL(call_exit) { std::exit(7); }

HAL_KERNEL(call_abort) { std::abort(); }

HAL_KERNEL(never_ends) {
  for (volatile uint64_t i = 0;;) i = i + 1;
}

HAL_KERNEL(add_one) {
  auto *value = hal_arg_pointer<uint32_t>(args, 0);
  value[0] += 1;
}

extern "C" __attribute__((visibility("default"))) void scaled_sum(double *out, float a, int8_t b, float c, uint16_t d,
                                                                  int64_t e, float f, int32_t g, uint8_t h, float i) {
  *out = a + b + c + d + static_cast<double>(e) + f + g + h + i;
}
