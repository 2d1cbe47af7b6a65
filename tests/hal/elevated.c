/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints the status of hal_init. A test runs this program set-uid. */
#include <hal/hal.h>
#include <stdio.h>

int main(void) {
  printf("hal_init: %s\n", hal_status_string(hal_init(HAL_ABI_DRAFT)));
  return 0;
}
