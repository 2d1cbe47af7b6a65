// SPDX-License-Identifier: Apache-2.0
//
// An object whose constructor or destructor does what a variable of the environment says. It needs no hook of the tile
// library, but names one.
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/kernel.h"

namespace {

void act(const char *variable) {
  const char *action = getenv(variable);
  if (action == nullptr) return;
  if (strcmp(action, "crash") == 0) *reinterpret_cast<volatile int *>(16) = 1;
  if (strcmp(action, "exit") == 0) exit(3);
  if (strcmp(action, "_exit") == 0) _exit(3);
}

struct Global {
  Global() { act("HAL_TEST_CONSTRUCTOR"); }
  ~Global() { act("HAL_TEST_DESTRUCTOR"); }
} global;

}  // namespace

HAL_KERNEL(nothing) { (void)dlsym(RTLD_DEFAULT, "pto_sim_get_pipe_shared_state"); }
