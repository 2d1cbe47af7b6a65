// SPDX-License-Identifier: Apache-2.0
//
// Kernels that the tests of npuhal launch.
#include "hal/kernel.h"

// out[i] = a[i] + b[i], float32; scalar 3: elements.
HAL_KERNEL(add) {
  const HAL_GM float *a = hal_arg_pointer<float>(args, 0);
  const HAL_GM float *b = hal_arg_pointer<float>(args, 1);
  HAL_GM float *out = hal_arg_pointer<float>(args, 2);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 3);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) out[i] = a[i] + b[i];
}

// x[i] += 1 for bytes, in place; scalar 1: bytes.
HAL_KERNEL(increment_bytes) {
  HAL_GM uint8_t *x = hal_arg_pointer<uint8_t>(args, 0);
  const uint64_t count = hal_arg_scalar<uint64_t>(args, 1);
  for (uint64_t i = 0; i < count; ++i) x[i] += 1;
}

// Copies the 64-bit words of up to 15 scalars, which follow tensor 0, into it. The first scalar is their number.
HAL_KERNEL(show_words) {
  HAL_GM int64_t *out = hal_arg_pointer<int64_t>(args, 0);
  const int64_t count = args[1];
  for (int64_t i = 0; i < count; ++i) out[i] = args[2 + i];
}

HAL_KERNEL(kernel_entry) { *hal_arg_pointer<int32_t>(args, 0) = 42; }

// Writes to the address in scalar 0.
HAL_KERNEL(write_to_address) { *reinterpret_cast<volatile int *>(args[0]) = 1; }

// Never ends. The compiler must keep the store.
HAL_KERNEL(endless) {
  volatile int64_t count = 0;
  for (;;) count = count + 1;
}

// Waits until word 0 of tensor 0 is not 0.
HAL_KERNEL(wait_for_word) {
  volatile HAL_GM int64_t *word = hal_arg_pointer<int64_t>(args, 0);
  while (*word == 0) {
  }
}

// Sets word 0 of tensor 0, then never ends.
HAL_KERNEL(mark_and_stay) {
  volatile HAL_GM int64_t *word = hal_arg_pointer<int64_t>(args, 0);
  *word = 1;
  for (;;) word[1] = word[1] + 1;
}
