// SPDX-License-Identifier: Apache-2.0
#include "hal/kernel.h"

HAL_KERNEL(empty) {}

// A chain of as many dependent additions as scalar 0 says; nothing to share, nothing to optimise away.
HAL_KERNEL(busy) {
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 0); ++i) sum = sum + i;
}

// An address that no process has mapped, and that the compiler does not know to be one.
HAL_KERNEL(crash) { *reinterpret_cast<volatile uint32_t *>(static_cast<uintptr_t>(args[0]) + 0x1000) = 1; }

HAL_KERNEL(endless) {
  for (volatile uint64_t i = 0;;) i = i + 1;
}
