/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared memory of host and device in two calls: host memory that a kernel reads and writes in place. C11 and C++17.
 *
 * These names and signatures never change. The calls use the backend that HAL_BACKEND names. The first call starts
 * libhal and opens the device. It is the same device that every other user of libhal in this process opens by this
 * ordinal, so the device address is valid for their launches.
 */
#ifndef HAL_SHARE_MEM_H_
#define HAL_SHARE_MEM_H_

#include <stdint.h>

#include "hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Allocates zeroed, page-aligned host memory and maps it for a device.
 *
 * deviceId  ordinal of the device
 * size      bytes
 * hostPtr   output: the address for the host
 * devPtr    output: a device address, carried in a `void *`. Only kernels may use it. The host must not dereference it
 *           or copy through it.
 * Ownership: the caller frees the memory with freeHostDeviceShareMem.
 * Threads: any thread.
 * Errors: 0 is success. Otherwise the call returns a negative HAL_ERR_*, both outputs are NULL, nothing is left
 * allocated, and hal_last_error() has the details. The errors are those of hal_init, hal_backend_select,
 * hal_device_open and hal_mem_alloc, for example:
 *   HAL_ERR_INVALID_ARGUMENT: size is 0, or an output is NULL
 *   HAL_ERR_NOT_FOUND: the backend has no device deviceId, or HAL_BACKEND names an unknown backend
 *   HAL_ERR_OUT_OF_MEMORY: size is larger than what the device can map
 *   HAL_ERR_UNSUPPORTED: the backend has no shared memory
 *   HAL_ERR_FAILED_PRECONDITION: called in a forked child */
HAL_API int mallocHostDeviceShareMem(uint32_t deviceId, uint64_t size, void **hostPtr, void **devPtr);

/* Unmaps and frees memory of mallocHostDeviceShareMem.
 *
 * deviceId  the ordinal that was passed to mallocHostDeviceShareMem
 * hostPtr   exactly the address that mallocHostDeviceShareMem returned
 * Threads: any thread.
 * Errors: 0 is success. Otherwise the call returns a negative HAL_ERR_*, and hal_last_error() has the details:
 *   HAL_ERR_INVALID_ARGUMENT: any other pointer or device
 *   HAL_ERR_BUSY: a submitted launch uses the memory
 *   HAL_ERR_FAILED_PRECONDITION: called in a forked child */
HAL_API int freeHostDeviceShareMem(uint32_t deviceId, void *hostPtr);

#ifdef __cplusplus
}
#endif
#endif /* HAL_SHARE_MEM_H_ */
