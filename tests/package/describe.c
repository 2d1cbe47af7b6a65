/* SPDX-License-Identifier: Apache-2.0
 *
 * Describes the backend that HAL_BACKEND names, and allocates two kinds of memory on it. */
#include <hal/hal.h>
#include <stdio.h>
#include <string.h>

#define BYTES 4096

static int failed(const char *what) {
  hal_error_info_t error = {.struct_size = sizeof(error)};
  hal_last_error(&error);
  fprintf(stderr, "%s: %s: %s\nhint: %s\n", what, hal_status_string(error.status), error.message, error.hint);
  return 1;
}

static int use_memory(hal_device_t device) {
  hal_mem_desc_t desc = {.struct_size = sizeof(desc), .kind = HAL_MEM_HOST_PINNED, .size_bytes = BYTES};
  hal_mem_info_t info = {.struct_size = sizeof(info)};
  hal_mem_t mem = NULL;
  if (hal_mem_alloc(device, &desc, &mem) != HAL_OK || hal_mem_info(mem, &info) != HAL_OK)
    return failed("pinned memory");
  unsigned char *bytes = info.host_ptr;
  memset(bytes, 0x5a, BYTES);
  if (bytes[0] == 0x5a && bytes[BYTES - 1] == 0x5a) printf("pinned: %d bytes written and read\n", BYTES);
  if (hal_mem_free(mem) != HAL_OK) return failed("free");
  desc.kind = HAL_MEM_DEVICE;
  printf("device memory: %s\n", hal_status_string(hal_mem_alloc(device, &desc, &mem)));
  return 0;
}

int main(void) {
  hal_backend_t backend = NULL;
  hal_backend_info_t info = {.struct_size = sizeof(info)};
  if (hal_init(HAL_ABI_DRAFT) != HAL_OK || hal_backend_select(NULL, &backend) != HAL_OK ||
      hal_backend_info(backend, &info) != HAL_OK)
    return failed("select");
  printf("backend %s, kind %s, arch %s, version %s, build %s, file %s\n", info.name, info.kind, info.arch, info.version,
         info.build, info.path);
  uint32_t count = 0;
  hal_device_t device = NULL;
  hal_device_info_t device_info = {.struct_size = sizeof(device_info)};
  if (hal_device_count(backend, &count) != HAL_OK || hal_device_open(backend, HAL_DEVICE_DEFAULT, &device) != HAL_OK ||
      hal_device_info(device, &device_info) != HAL_OK)
    return failed("open");
  printf("device %u of %u: %s\n", device_info.ordinal, count, device_info.name);
  if (use_memory(device) != 0) return 1;
  if (hal_device_close(device) != HAL_OK || hal_shutdown() != HAL_OK) return failed("close");
  return 0;
}
