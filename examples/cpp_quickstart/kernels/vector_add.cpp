// SPDX-License-Identifier: Apache-2.0
//
// sum = a + b. Tensors 0 to 2: a, b (read) and sum (written), float32[count]. Scalar 3: count, uint32.
#include "hal/kernel.h"

HAL_KERNEL(vector_add) {
  const HAL_GM float *a = hal_arg_pointer<float>(args, 0);
  const HAL_GM float *b = hal_arg_pointer<float>(args, 1);
  HAL_GM float *sum = hal_arg_pointer<float>(args, 2);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 3);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) sum[i] = a[i] + b[i];
}
