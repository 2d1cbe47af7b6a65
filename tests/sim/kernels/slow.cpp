// SPDX-License-Identifier: Apache-2.0
//
// Loading or unloading this object does not end: SLOW_AT is constructor or destructor.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "hal/kernel.h"

// Writes a byte to the file that the test names, then waits for ever.
__attribute__((SLOW_AT)) static void wait_for_ever() {
  if (const char *path = std::getenv("HAL_TEST_STARTED"); path != nullptr) {
    const int file = open(path, O_WRONLY);
    if (file >= 0 && write(file, "s", 1) == 1) close(file);
  }
  for (;;) pause();
}

HAL_KERNEL(nothing) {}
