// SPDX-License-Identifier: Apache-2.0
//
// Kernels that show the effect of a launch. Each reads its arguments in their order.
#include "hal/kernel.h"

// Access to words in mapped memory that host and kernel exchange: word 0 from host to kernel, word 1 from kernel to
// host.
template <typename T>
static T load(const T *from) {
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}
template <typename T>
static void store(T *to, T value) {
  __atomic_store_n(to, value, __ATOMIC_RELEASE);
}

HAL_KERNEL(nothing) {}

// to[i] = from[i] + 1
HAL_KERNEL(add_one_to) {
  const HAL_GM float *from = hal_arg_pointer<float>(args, 0);
  HAL_GM float *to = hal_arg_pointer<float>(args, 1);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 2);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) to[i] = from[i] + 1.0f;
}

// x[i] += addend
HAL_KERNEL(add_in_place) {
  HAL_GM float *x = hal_arg_pointer<float>(args, 0);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 1);
  const float addend = hal_arg_scalar<float>(args, 2);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) x[i] += addend;
}

// seen[i] = x[i]; then x[i] = 99
HAL_KERNEL(look_then_overwrite) {
  HAL_GM float *x = hal_arg_pointer<float>(args, 0);
  HAL_GM float *seen = hal_arg_pointer<float>(args, 1);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 2);
  for (uint32_t i = hal_block_index(args); i < count; i += hal_block_count(args)) {
    seen[i] = x[i];
    x[i] = 99.0f;
  }
}

// where[0] = the address that the kernel got for x
HAL_KERNEL(tell_address) {
  HAL_GM uint64_t *where = hal_arg_pointer<uint64_t>(args, 1);
  where[0] = static_cast<uint64_t>(args[0]);
}

// Waits until the host has written 1 to words[0], answers with 2 in words[1], and ends once the host has written 3.
HAL_KERNEL(converse) {
  HAL_GM uint32_t *words = hal_arg_pointer<uint32_t>(args, 0);
  while (load(&words[0]) != 1) {
  }
  store(&words[1], 2u);
  while (load(&words[0]) != 3) {
  }
}

// Ends once the host has written a number other than 0 to words[0].
HAL_KERNEL(hold) {
  const HAL_GM uint32_t *words = hal_arg_pointer<uint32_t>(args, 0);
  while (load(&words[0]) == 0) {
  }
}

// Writes to an address that is not mapped.
HAL_KERNEL(crash) { *reinterpret_cast<volatile uint32_t *>(args[0]) = 1; }
