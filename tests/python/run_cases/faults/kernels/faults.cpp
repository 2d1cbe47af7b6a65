// SPDX-License-Identifier: Apache-2.0
//
// Does what `mode` says, then adds 1 to each of count floats in place.
//   tensor 0  x      float32[count], read and written
//   scalar 1  count  uint32
//   scalar 2  mode   uint32: 0 nothing, 1 crash, 2 loop without end, 3 divide by zero
#include <csignal>

#include "hal/kernel.h"

static void crash() { *reinterpret_cast<volatile int *>(8) = 1; }

static void loop() {
  volatile bool again = true;
  while (again) {
  }
}

// The processor must divide, also in a build with sanitizers.
__attribute__((no_sanitize("undefined"), noinline)) static void divide() {
#if defined(__x86_64__)
  volatile int seven = 7, zero = 0;
  volatile int quotient = seven / zero;
  (void)quotient;
#else  // on this machine, division by zero gives 0
  raise(SIGFPE);
#endif
}

HAL_KERNEL(faults) {
  HAL_GM float *x = hal_arg_pointer<float>(args, 0);
  const uint32_t count = hal_arg_scalar<uint32_t>(args, 1);
  switch (hal_arg_scalar<uint32_t>(args, 2)) {
    case 1:
      crash();
      break;
    case 2:
      loop();
      break;
    case 3:
      divide();
      break;
  }
  for (uint32_t i = 0; i < count; ++i) x[i] += 1.0f;
}
