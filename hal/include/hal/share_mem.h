/* SPDX-License-Identifier: Apache-2.0
 *
 * Host-device shared memory in two calls: host memory that a kernel reads and writes in place. These names and
 * signatures are exact and never change. The backend is the one that HAL_BACKEND names; libhal is started and the
 * device opened by the first call. It is the same device that every other user of libhal in this process opens by that
 * ordinal, so the device address is good for their launches.
 */
#ifndef HAL_SHARE_MEM_H_
#define HAL_SHARE_MEM_H_

#include <stdint.h>

#include "hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Allocates size bytes of zeroed, page-aligned host memory and maps them for device deviceId. *hostPtr is for the host,
 * *devPtr only for kernels: a number in a pointer's clothes, which the host must not dereference or copy through.
 * 0, or a negative HAL_ERR_* with both outputs null and nothing left behind; hal_last_error() tells the story.
 * Any thread. Freed by freeHostDeviceShareMem. */
HAL_API int mallocHostDeviceShareMem(uint32_t deviceId, uint64_t size, void **hostPtr, void **devPtr);

/* Unmaps and frees; hostPtr is exactly what mallocHostDeviceShareMem gave, deviceId the same. 0 or a negative
 * HAL_ERR_*: INVALID_ARGUMENT for any other pointer, BUSY while a submitted launch holds the memory. Any thread. */
HAL_API int freeHostDeviceShareMem(uint32_t deviceId, void *hostPtr);

#ifdef __cplusplus
}
#endif
#endif /* HAL_SHARE_MEM_H_ */
