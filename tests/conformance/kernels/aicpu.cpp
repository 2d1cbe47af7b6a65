// SPDX-License-Identifier: Apache-2.0
//
// An object whose note states the control processors as its engine (ENGINE aicpu).
#include "hal/kernel.h"

// out u64
HAL_KERNEL(kernel_entry) { *hal_arg_pointer<uint64_t>(args, 0) = 0xa1c9; }
