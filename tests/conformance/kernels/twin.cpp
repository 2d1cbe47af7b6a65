// SPDX-License-Identifier: Apache-2.0
//
// Built twice, with different values of TWIN_VALUE. Each object must use its own function and its own data.
#include "hal/kernel.h"

#define EXPORTED __attribute__((visibility("default")))

extern "C" EXPORTED int64_t twin_data;
int64_t twin_data = TWIN_VALUE;
extern "C" EXPORTED __attribute__((noinline)) int64_t twin_function() {
  return TWIN_VALUE + *(volatile int64_t *)&twin_data;
}

// out u64
HAL_KERNEL(kernel_entry) { *hal_arg_pointer<int64_t>(args, 0) = twin_function(); }
