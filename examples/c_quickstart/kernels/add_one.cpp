// SPDX-License-Identifier: Apache-2.0
//
// Adds 1 to each element. Tensor 0: float32[count], read and written. Scalar 1: count, uint32. The number of blocks is
// free.
#include "hal/kernel.h"

HAL_KERNEL(add_one) {
  HAL_GM float *x = hal_arg_pointer<float>(args, 0);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 1);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) x[i] += 1.0f;
}
