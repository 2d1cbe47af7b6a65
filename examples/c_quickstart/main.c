/* SPDX-License-Identifier: Apache-2.0
 *
 * libhal in C: a kernel adds 1 to 1024 numbers in host memory, in place.
 * Usage: HAL_BACKEND=a2a3-sim c_quickstart <kernels>/a2a3-sim/add_one.so
 * Exit status 0: the numbers are right; 1: a number is wrong, or a call failed, whose error is printed; 2: wrong usage.
 */
#include <hal/hal.h>
#include <stdio.h>

enum { COUNT = 1024 };

/* The objects, in the order in which the program makes them. NULL = not made. */
typedef struct objects_t {
  int initialised;
  hal_device_t device;
  hal_mem_t memory;
  hal_executable_t executable;
} objects_t;

static hal_status_t use_device(const char *kernel_path, objects_t *made, float *first, float *last) {
  hal_status_t status = hal_init(HAL_ABI_DRAFT);
  if (status != HAL_OK) return status;
  made->initialised = 1;

  hal_backend_t backend;
  status = hal_backend_select(NULL, &backend); /* the backend that HAL_BACKEND names */
  if (status != HAL_OK) return status;
  status = hal_device_open(backend, HAL_DEVICE_DEFAULT, &made->device);
  if (status != HAL_OK) return status;

  const hal_mem_desc_t want = {
      .struct_size = sizeof(want), .kind = HAL_MEM_HOST_MAPPED, .size_bytes = COUNT * sizeof(float), .tag = "numbers"};
  status = hal_mem_alloc(made->device, &want, &made->memory);
  if (status != HAL_OK) return status;
  hal_mem_info_t memory = {.struct_size = sizeof(memory)};
  status = hal_mem_info(made->memory, &memory);
  if (status != HAL_OK) return status;
  float *numbers = memory.host_ptr;
  for (int i = 0; i < COUNT; ++i) numbers[i] = (float)i;

  hal_kernel_t kernel;
  status = hal_executable_load_file(made->device, kernel_path, &made->executable);
  if (status != HAL_OK) return status;
  status = hal_executable_find(made->executable, "add_one", &kernel);
  if (status != HAL_OK) return status;

  const hal_arg_t args[] = {
      {.type = HAL_ARG_MEM, .access = HAL_ACCESS_READ | HAL_ACCESS_WRITE, .mem = made->memory},
      {.type = HAL_ARG_SCALAR, .dtype = HAL_DTYPE_U32, .u.bits = COUNT},
  };
  const hal_launch_desc_t launch = {
      .struct_size = sizeof(launch), .kernel = kernel, .block_count = 8, .args = args, .arg_count = 2};
  hal_stream_t stream;
  uint64_t ticket;
  status = hal_device_stream(made->device, &stream);
  if (status != HAL_OK) return status;
  status = hal_kernel_launch(&launch, &ticket);
  if (status != HAL_OK) return status;
  status = hal_stream_wait(stream, ticket, HAL_TIMEOUT_FOREVER);
  if (status != HAL_OK) return status;

  *first = numbers[0];
  *last = numbers[COUNT - 1];
  return HAL_OK;
}

/* Frees all objects that were made, in reverse order. Returns the first failure. */
static hal_status_t clean_up(const objects_t *made) {
  hal_status_t first = HAL_OK;
  hal_status_t status;
  if (made->executable && (status = hal_executable_unload(made->executable)) != HAL_OK && !first) first = status;
  if (made->memory && (status = hal_mem_free(made->memory)) != HAL_OK && !first) first = status;
  if (made->device && (status = hal_device_close(made->device)) != HAL_OK && !first) first = status;
  if (made->initialised && (status = hal_shutdown()) != HAL_OK && !first) first = status;
  return first;
}

static void print_last_error(void) {
  hal_error_info_t error = {.struct_size = sizeof(error)};
  hal_last_error(&error);
  fprintf(stderr, "c_quickstart: %s: %s: %s\nhint: %s\n", error.function, hal_status_string(error.status),
          error.message, error.hint);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: HAL_BACKEND=a2a3-sim %s KERNEL_OBJECT\n", argv[0]);
    return 2;
  }
  objects_t made = {0};
  float first = 0, last = 0;
  const hal_status_t used = use_device(argv[1], &made, &first, &last);
  if (used != HAL_OK) print_last_error();
  const hal_status_t cleaned = clean_up(&made);
  if (cleaned != HAL_OK) print_last_error();
  if (used != HAL_OK || cleaned != HAL_OK) return 1;

  printf("first %g, last %g\n", first, last);
  return first == 1.0f && last == (float)COUNT ? 0 : 1;
}
