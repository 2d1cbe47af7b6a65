// SPDX-License-Identifier: Apache-2.0
#include "hal/kernel.h"

HAL_KERNEL(add_one) {
  HAL_GM uint32_t *values = hal_arg_pointer<uint32_t>(args, 0);
  values[hal_block_index(args)] += 1;
}

// Writes to an address that is not mapped. The compiler does not know the value.
HAL_KERNEL(crash) { *reinterpret_cast<HAL_GM volatile uint32_t *>(static_cast<uintptr_t>(args[0]) + 0x1000) = 1; }
