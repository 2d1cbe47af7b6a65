// SPDX-License-Identifier: Apache-2.0
//
// An object whose constructor makes the file that NPUHAL_TEST_LOADING names, and ends only after its
// parent process has ended.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "hal/kernel.h"

namespace {

struct Global {
  Global() {
    const char *path = getenv("NPUHAL_TEST_LOADING");
    if (path == nullptr) return;
    const pid_t parent = getppid();
    close(open(path, O_CREAT | O_WRONLY, 0600));
    while (getppid() == parent) {
    }
  }
} global;

}  // namespace

HAL_KERNEL(nothing) {}
