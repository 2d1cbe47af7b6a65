/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions with which tests control the stand-in vendor runtime. A vendor's runtime does not have them.
 *
 * Link libstandin.so (target standin::engine), or call dlopen("libstandin.so", RTLD_NOLOAD) after you open a vendor
 * library of this folder. Linking alone changes nothing: the vendor libraries install the signal handlers and start the
 * threads. Any thread may call these functions. Returned strings belong to the stand-in and are valid until the process
 * ends or their list is cleared.
 */
#ifndef STANDIN_H_
#define STANDIN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STANDIN_API __attribute__((visibility("default")))

/* "stand-in for a vendor runtime, …". A process that has this function does not drive a device. */
STANDIN_API const char *standin_version(void);

/* Settings. Each is also an environment variable STANDIN_<KEY>, which is read when the first vendor library opens. A
 * call overrides the variable. Returns 0, or -1 for an unknown key. Settings of a device apply from its next first
 * SetDevice. SOC           full SoC name; "NULL" makes the name queries fail             Ascend910B1 DEVICES number of
 * devices, before ASCEND_RT_VISIBLE_DEVICES           2 (0 in the variant no-device) NPU_ARCH      value of attribute
 * 601                                        that of the SoC HBM_BYTES     memory of one device 4294967296 DRIVER ok,
 * or permission, nodevice, error: GetDeviceCount fails; setdevice: SetDevice fails REGISTER      ok, or unsupported:
 * host registration returns 207000 CAPABILITIES  engines that reach mapped host memory, "aic,aiv"; unknown: the query
 * returns 207000 TIMEOUT_MS    default time limit of a kernel; 0 = none                      0 POISON        release:
 * after a fault, release calls also return its code, and release nothing FAIL          see standin_fail:
 * "aclrtMalloc#2=207001;aclrtMemcpy#*=507899" ABORT         1: abort at the first violation REPORT        a file; at
 * exit, one line is appended for each violation and each object that still exists */
STANDIN_API int standin_set(const char *key, const char *value);

/* The n-th call from now of a vendor function returns `code` and does nothing else; n = 0: every call. */
STANDIN_API void standin_fail(const char *function, unsigned n, int code);
/* Removes the failures that standin_fail and STANDIN_FAIL injected. Returns how many of them never happened. */
STANDIN_API unsigned standin_fail_clear(void);

typedef struct standin_call {
  const char *function;
  const char *arguments; /* "0x7f…, 64, 0", as passed */
  int code;              /* what it returned; INT32_MIN while it runs */
  uint64_t thread;       /* the kernel's thread id */
  char family;           /* 'a' acl, 'r' rt */
} standin_call_t;
STANDIN_API size_t standin_calls(void);
/* Returns 0, or -1 if there is no such call. */
STANDIN_API int standin_call(size_t index, standin_call_t *out);
STANDIN_API size_t standin_calls_of(const char *function);
STANDIN_API void standin_calls_clear(void);

/* Violations: calls that a real runtime may not survive. Each is printed to stderr when it happens. */
STANDIN_API size_t standin_violations(void);
/* Returns NULL if there is no such violation. */
STANDIN_API const char *standin_violation(size_t index);
STANDIN_API void standin_violations_clear(void);
/* Records a violation for each kind of object that still exists and returns the number of kinds. For the end of a test.
 */
STANDIN_API unsigned standin_check_closed(void);

typedef struct standin_live {
  uint64_t inits, set_devices, contexts, device_allocations, host_allocations, registrations;
  uint64_t streams, events, binaries;
} standin_live_t; /* contexts: explicit ones; registrations: counted per device */
STANDIN_API void standin_live(standin_live_t *out);

/* The calling thread's current context as a number; 0 = none. Call begin before libhal and end afterwards, on the same
 * thread: end returns 1 and records a violation if the current context has changed. */
STANDIN_API uint64_t standin_current_context(void);
STANDIN_API void standin_context_check_begin(void);
STANDIN_API int standin_context_check_end(void);

/* Copies `bytes` from a device address, as a kernel would read them. Returns -1 unless the whole range belongs to one
 * allocation or one mapping. */
STANDIN_API int standin_peek(uint64_t device_address, void *out, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif /* STANDIN_H_ */
