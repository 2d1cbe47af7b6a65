// SPDX-License-Identifier: Apache-2.0
#include "hal/kernel.h"

HAL_KERNEL(empty) {}

// Scalar 0 is the number of dependent additions. They share no memory, and the compiler cannot remove them.
HAL_KERNEL(busy) {
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 0); ++i) sum = sum + i;
}

// Writes to an address that is not mapped. The compiler does not know the value.
HAL_KERNEL(crash) { *reinterpret_cast<volatile uint32_t *>(static_cast<uintptr_t>(args[0]) + 0x1000) = 1; }

HAL_KERNEL(endless) {
  for (volatile uint64_t i = 0;;) i = i + 1;
}
