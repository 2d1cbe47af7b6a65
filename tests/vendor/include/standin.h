/* SPDX-License-Identifier: Apache-2.0
 *
 * The control side of the stand-in vendor runtime, for tests. Nothing here exists in a vendor's runtime.
 *
 * Reach it by linking libstandin.so (target standin::engine) or with dlopen("libstandin.so", RTLD_NOLOAD) once one of
 * the vendor libraries of this folder is open. Linking has no effect of its own: handlers and threads come with the
 * vendor libraries. Any thread may call. Strings that are returned belong to the stand-in and live until the process
 * ends or the list they are in is cleared.
 */
#ifndef STANDIN_H_
#define STANDIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STANDIN_API __attribute__((visibility("default")))

/* "stand-in for a vendor runtime, …": says what this is; its presence in a process says that no device is behind. */
STANDIN_API const char *standin_version(void);

/* Settings; each is also the environment variable STANDIN_<KEY>, read when the first vendor library opens, and a call
 * wins over the variable. 0, or -1 for an unknown key. What a device is made of counts from its next first SetDevice.
 *   SOC           full SoC name; "NULL" makes the name queries fail             Ascend910B1
 *   DEVICES       number of devices, before ASCEND_RT_VISIBLE_DEVICES           2 (0 in the variant no-device)
 *   NPU_ARCH      what attribute 601 answers                                    as the SoC
 *   HBM_BYTES     memory of one device                                          4294967296
 *   DRIVER        ok, or permission, nodevice, error: GetDeviceCount's answer; setdevice: SetDevice fails
 *   REGISTER      ok, or unsupported: host registration answers 207000
 *   CAPABILITIES  engines that see mapped host memory, "aic,aiv"; unknown: the query answers 207000
 *   TIMEOUT_MS    time limit of a kernel that has no other; 0 = none            0
 *   POISON        release: also release calls answer the fault's code, and release nothing
 *   FAIL          see standin_fail: "aclrtMalloc#2=207001;aclrtMemcpy#*=507899"
 *   ABORT         1: abort at the first violation
 *   REPORT        a file; at exit one line for each violation is appended, and for each object still alive */
STANDIN_API int standin_set(const char *key, const char *value);

/* The n-th call from now of a vendor function answers `code` and does nothing else; n = 0: every call. */
STANDIN_API void standin_fail(const char *function, unsigned n, int code);
/* Forgets what standin_fail and STANDIN_FAIL asked for. Returns how many of them never came to pass. */
STANDIN_API unsigned standin_fail_clear(void);

typedef struct standin_call {
  const char *function;
  const char *arguments; /* "0x7f…, 64, 0" as they came in */
  int code;              /* what it answered; INT32_MIN while it runs */
  uint64_t thread;       /* the kernel's thread id */
  char family;           /* 'a' acl, 'r' rt */
} standin_call_t;
STANDIN_API size_t standin_calls(void);
/* 0, or -1 where there is no such call. */
STANDIN_API int standin_call(size_t index, standin_call_t *out);
STANDIN_API size_t standin_calls_of(const char *function);
STANDIN_API void standin_calls_clear(void);

/* What a program did that a real runtime would not survive, or not always. Printed to stderr as it happens. */
STANDIN_API size_t standin_violations(void);
/* NULL where there is none. */
STANDIN_API const char *standin_violation(size_t index);
STANDIN_API void standin_violations_clear(void);
/* A violation for each kind of thing that is still alive; returns how many kinds. For the end of a test. */
STANDIN_API unsigned standin_check_closed(void);

typedef struct standin_live {
  uint64_t inits, set_devices, contexts, device_allocations, host_allocations, registrations;
  uint64_t streams, events, binaries;
} standin_live_t; /* contexts: explicit ones; registrations: counted per device */
STANDIN_API void standin_live(standin_live_t *out);

/* The calling thread's current context as a number, 0 for none. A thread of the application says begin before it calls
 * libhal, end after: end returns 1 and records a violation if the context is another one now. */
STANDIN_API uint64_t standin_current_context(void);
STANDIN_API void standin_witness_begin(void);
STANDIN_API int standin_witness_end(void);

/* What a kernel would see at a device address: copies `bytes` from there; -1 unless all of it belongs to one allocation
 * or one mapping. */
STANDIN_API int standin_peek(uint64_t device_address, void *out, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* STANDIN_H_ */
