// SPDX-License-Identifier: Apache-2.0
//
// A vector kernel that uses host memory which is mapped for the device. It adds 1 to every element in place, and also
// writes the result to a buffer in device memory.
//   tensor 0  shared  float32[count], read and written through its mapped address
//   tensor 1  copy    float32[count], device memory, written
//   scalar 2  count   uint32, elements
// The number of blocks is free. Each block computes a contiguous part.
#include "hal/kernel.h"

HAL_KERNEL(host_register_mapped) {
  HAL_GM float *shared = hal_arg_pointer<float>(args, 0);
  HAL_GM float *copy = hal_arg_pointer<float>(args, 1);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 2);

  const uint32_t blocks = hal_block_count(args);
  const uint32_t part = count / blocks + (count % blocks != 0 ? 1 : 0);
  const uint32_t begin = hal_block_index(args) * part;
  const uint32_t end = begin + part < count ? begin + part : count;
  for (uint32_t i = begin; i < end; ++i) {
    const float result = shared[i] + 1.0f;
    shared[i] = result;
    copy[i] = result;
  }
}
