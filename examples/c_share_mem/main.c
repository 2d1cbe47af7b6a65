/* SPDX-License-Identifier: Apache-2.0 */
#include <hal/share_mem.h>
#include <stdio.h>

int main(void) {
  void *host = NULL, *device = NULL;
  if (mallocHostDeviceShareMem(0, 65536, &host, &device) != 0) {
    hal_error_info_t error = {.struct_size = sizeof(error)};
    hal_last_error(&error);
    fprintf(stderr, "%s\nhint: %s\n", error.message, error.hint);
    return 1;
  }
  ((float *)host)[0] = 42.0f; /* a kernel that is given `device` reads and writes the same bytes */
  printf("65536 bytes: host %p, device %p\n", host, device);
  return freeHostDeviceShareMem(0, host) == 0 ? 0 : 1;
}
