// SPDX-License-Identifier: Apache-2.0
//
// An object with $ORIGIN in its run path. It uses a function of a library that is not there.
#include "hal/kernel.h"

extern "C" int function_of_a_library_beside();

HAL_KERNEL(use) { *hal_arg_pointer<int>(args, 0) = function_of_a_library_beside(); }
