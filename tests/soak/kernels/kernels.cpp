// SPDX-License-Identifier: Apache-2.0
#include "hal/kernel.h"

HAL_KERNEL(add_one) {
  HAL_GM uint32_t *values = hal_arg_pointer<uint32_t>(args, 0);
  values[hal_block_index(args)] += 1;
}
