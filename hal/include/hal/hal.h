/* SPDX-License-Identifier: Apache-2.0
 *
 * libhal: one C API over Ascend NPU backends that are found at run time. C11 and C++17.
 *
 * Reading order: status, handles, errors and log, lifecycle, backends, devices, memory, streams, copies, executables,
 * launch. Each comment gives, in this order: what the call does; parameters, with their units (units are also in their
 * names); ownership and lifetime; threads; errors, one per line, with the cause.
 *
 * Errors that every call shares. The comments below list only the errors that a call has besides these:
 *   HAL_ERR_INVALID_ARGUMENT: a required output or pointer is NULL; a handle is stale, foreign or of another type; a
 *     reserved word is not zero; a struct_size is smaller than the struct in the first draft, or larger than 4,096
 *   HAL_ERR_FAILED_PRECONDITION: called before hal_init, after the last hal_shutdown, or in a forked child
 *   HAL_ERR_UNSUPPORTED: the backend does not have the operation; or an input struct is longer than this libhal knows
 *     and not zero there, in which case the message names the offset
 *   HAL_ERR_DEVICE_LOST: the device is lost. Only close, reset, free, hal_device_check and queries still work on it
 *   HAL_ERR_OUT_OF_MEMORY: the host process has no memory left
 *   HAL_ERR_INTERNAL: libhal or a plugin failed in a way that it never should
 * A failing call records details that hal_last_error returns on the same thread. It has no other effect, unless its
 * comment says so.
 *
 * Structs: the caller sets struct_size to the sizeof of the struct and zeroes the fields that it does not use. libhal
 * fills at most struct_size bytes of an output and does not change struct_size. Structs grow only at the end.
 *
 * Threads: any thread may call any function. Calls on different objects never need a lock. The caller serialises
 * submits (launch, copy, fill) to one created stream. The device's own stream accepts submits from any thread. Closing
 * an object while another thread is inside a call on it fails with HAL_ERR_BUSY and never crashes.
 *
 * The ABI is a draft until release 1.0.0: HAL_ABI_DRAFT rises with every incompatible change (docs/abi-history.md).
 */
#ifndef HAL_HAL_H_
#define HAL_HAL_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && defined(HAL_BUILDING_LIBHAL)
#define HAL_API __attribute__((visibility("default")))
#else
#define HAL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_ABI_DRAFT 1u

/* ==== Status =======================================================================================================
 */

typedef int32_t hal_status_t;
#define HAL_OK 0
#define HAL_ERR_CANCELLED (-1)           /* the work did not run: earlier work failed, or the device was reset */
#define HAL_ERR_UNKNOWN (-2)             /* the layer below gave a failure that the backend does not know */
#define HAL_ERR_INVALID_ARGUMENT (-3)    /* the message names the argument and its value */
#define HAL_ERR_TIMEOUT (-4)             /* the wait timed out; the work may still run */
#define HAL_ERR_NOT_FOUND (-5)           /* no such backend, device, kernel, file or index */
#define HAL_ERR_ALREADY_EXISTS (-6)      /* the range overlaps one that is registered or mapped */
#define HAL_ERR_PERMISSION_DENIED (-7)   /* this user may not do it */
#define HAL_ERR_OUT_OF_MEMORY (-8)       /* memory is used up, or the size is beyond the capacity */
#define HAL_ERR_FAILED_PRECONDITION (-9) /* the call does not fit the state of libhal or of the object */
#define HAL_ERR_OUT_OF_RANGE (-11)       /* offset + size is outside of the allocation */
#define HAL_ERR_UNSUPPORTED (-12)    /* this chip or backend never does it; what is only missing here is UNAVAILABLE */
#define HAL_ERR_INTERNAL (-13)       /* libhal, a plugin or a layer below has a bug */
#define HAL_ERR_UNAVAILABLE (-14)    /* it exists, but libhal cannot use it here or now */
#define HAL_ERR_BUSY (-16)           /* open objects, submitted work or another call still use it */
#define HAL_ERR_INCOMPATIBLE (-18)   /* application, libhal and plugin have different ABI drafts */
#define HAL_ERR_DEVICE_LOST (-32)    /* the device is lost; hal_device_reset may bring it back */
#define HAL_ERR_KERNEL_FAULT (-33)   /* a kernel crashed, or wrote outside of an allocation */
#define HAL_ERR_KERNEL_TIMEOUT (-34) /* a kernel ran longer than its time limit */

/* Values of timeout_ns, which counts nanoseconds. */
#define HAL_TIMEOUT_POLL UINT64_C(0)   /* look once, do not wait */
#define HAL_TIMEOUT_FOREVER UINT64_MAX /* wait without a limit */

/* Returns the name of a status without "HAL_ERR_", for example "OUT_OF_RANGE". HAL_OK gives "OK". A number that is not
 * a status gives "UNKNOWN".
 *
 * Lifetime: the text is static.
 * Threads: any thread, at any time, also before hal_init. It never fails. */
HAL_API const char *hal_status_string(hal_status_t status);

/* ==== Handles and numbers ==========================================================================================
 */

/* Handles. The value of a handle is type | generation | index. libhal never dereferences it, so it always detects a
 * handle that is stale, foreign or of another type. The pointer types exist only so that the compiler can tell handles
 * apart. */
typedef struct hal_backend_s *hal_backend_t;
typedef struct hal_device_s *hal_device_t;
typedef struct hal_stream_s *hal_stream_t;
typedef struct hal_mem_s *hal_mem_t;
typedef struct hal_executable_s *hal_executable_t;
typedef struct hal_kernel_s *hal_kernel_t;

/* An address that the device uses. It is an integer, so that the host cannot dereference it by accident. 0 = none. */
typedef uint64_t hal_device_addr_t;

/* Engines: the units that access memory by themselves. Combine the bits where several engines are meant. */
typedef uint64_t hal_engine_mask_t;
#define HAL_ENGINE_HOST (UINT64_C(1) << 0)
#define HAL_ENGINE_AIC (UINT64_C(1) << 1)   /* cube core */
#define HAL_ENGINE_AIV (UINT64_C(1) << 2)   /* vector core */
#define HAL_ENGINE_AICPU (UINT64_C(1) << 3) /* the device's control processors */
#define HAL_ENGINE_SDMA (UINT64_C(1) << 4)  /* the copy engine */

/* Element types. The values are the ones in the tensor descriptor that kernels read. */
typedef uint8_t hal_dtype_t;
#define HAL_DTYPE_F32 0u
#define HAL_DTYPE_F16 1u
#define HAL_DTYPE_I32 2u
#define HAL_DTYPE_I16 3u
#define HAL_DTYPE_I8 4u
#define HAL_DTYPE_U8 5u
#define HAL_DTYPE_BF16 6u
#define HAL_DTYPE_I64 7u
#define HAL_DTYPE_U64 8u
#define HAL_DTYPE_U16 9u
#define HAL_DTYPE_U32 10u
#define HAL_DTYPE_BOOL 11u

/* ==== Errors and log ===============================================================================================
 */

typedef uint32_t hal_fault_flags_t;
#define HAL_FAULT_HAS_BLOCK (1u << 0) /* block is known */
#define HAL_FAULT_HAS_ADDR (1u << 1)  /* fault_addr is known; 0 is a valid address */
#define HAL_FAULT_READ (1u << 2)      /* the kernel was reading; without READ and WRITE the access is not known */
#define HAL_FAULT_WRITE (1u << 3)     /* the kernel was writing */

/* Details of the last call that failed on the calling thread.
 *
 * Strings are UTF-8 and never NULL; "" means that there is nothing to say. Control characters and bytes that are not
 * UTF-8 appear as \xNN. A message has at most 1 KiB. The last four fields describe a KERNEL_FAULT or a KERNEL_TIMEOUT,
 * as far as the backend knows them for certain. For every other failure they are "" and 0.
 *
 * Lifetime: libhal owns the strings. They are valid until the next call that fails on this thread. */
typedef struct hal_error_info_t {
  uint32_t struct_size;
  hal_status_t status;
  int64_t native_code;           /* the code of the layer below; 0 = none */
  const char *native_domain;     /* whose code it is: "acl", "rt", "driver", "errno", "sim" */
  const char *component;         /* "core" or the backend's name */
  const char *function;          /* the public function that failed */
  const char *message;           /* what failed, with the values and limits */
  const char *hint;              /* the next step */
  const char *kernel;            /* name of the kernel that failed, at most 511 bytes; "" = not known */
  uint64_t fault_addr;           /* the address that the kernel accessed, as it sees it; 0 without HAL_FAULT_HAS_ADDR */
  uint32_t block;                /* index of the block that failed; 0 without HAL_FAULT_HAS_BLOCK */
  hal_fault_flags_t fault_flags; /* HAL_FAULT_*; 0 = at most the name is known */
} hal_error_info_t;

/* Fills *info with the last failure on the calling thread. info->status is HAL_OK if no call has failed on this thread.
 * A call that succeeds never clears the details of an earlier failure.
 *
 * Lifetime: as described at hal_error_info_t.
 * Threads: any thread, at any time, also before hal_init. */
HAL_API hal_status_t hal_last_error(hal_error_info_t *info);

typedef uint32_t hal_log_level_t;
#define HAL_LOG_TRACE 0u
#define HAL_LOG_DEBUG 1u
#define HAL_LOG_INFO 2u
#define HAL_LOG_WARN 3u
#define HAL_LOG_ERROR 4u
#define HAL_LOG_OFF 5u

/* Receives one log message.
 *
 * user       the pointer that hal_log_set_callback received
 * level      HAL_LOG_*
 * component  "core" or the name of a backend
 * message    one line; control characters and bytes that are not UTF-8 appear as \xNN
 * Lifetime: the strings are valid only during the call.
 * Threads: libhal calls it on any thread, and holds no lock meanwhile. The callback may call libhal, but a call that
 *   would load a second plugin while this thread loads one fails with HAL_ERR_BUSY. */
typedef void (*hal_log_fn)(void *user, hal_log_level_t level, const char *component, const char *message);

/* Sends log messages to a callback instead of stderr.
 *
 * fn    the callback; NULL = stderr again
 * user  passed to fn unchanged
 * Threads: any thread, at any time, also before hal_init. When this call returns, another thread may still be inside
 *   the previous callback. */
HAL_API hal_status_t hal_log_set_callback(hal_log_fn fn, void *user);

/* Drops log messages below a level.
 *
 * level  HAL_LOG_*. The default is the environment variable HAL_LOG_LEVEL, and HAL_LOG_WARN if it is not set.
 * Threads: any thread, at any time, also before hal_init.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: level is larger than HAL_LOG_OFF */
HAL_API hal_status_t hal_log_set_level(hal_log_level_t level);

/* ==== Lifecycle ====================================================================================================
 */

/* Starts libhal for this process, or counts one more user if libhal is started already. The first call reads the
 * environment. It loads no plugin and starts no thread.
 *
 * abi_draft  the caller's HAL_ABI_DRAFT
 * Ownership: pair each successful hal_init with one hal_shutdown.
 * Errors:
 *   HAL_ERR_INCOMPATIBLE: libhal has another draft; the message names both
 *   HAL_ERR_INVALID_ARGUMENT: a HAL_* environment variable has an invalid value; the message names it
 *   HAL_ERR_FAILED_PRECONDITION: called in a forked child */
HAL_API hal_status_t hal_init(uint32_t abi_draft);

/* Ends one use of libhal. The call that matches the first hal_init stops libhal. Neither libhal nor a plugin runs code
 * in a destructor or at exit, so a process may also end without this call.
 *
 * Lifetime: the last hal_shutdown makes all backend handles stale, and ends strings that live until then.
 * Errors:
 *   HAL_ERR_BUSY: devices are open, a call on a backend is running, or a call that finds, loads or asks plugins is
 *     running (hal_backend_select, hal_candidate_*, hal_selection_explain). A hal_shutdown from a callback of such a
 *     call fails in this way too. Nothing has changed.
 *   HAL_ERR_FAILED_PRECONDITION: called without a matching hal_init */
HAL_API hal_status_t hal_shutdown(void);

/* Returns the version of this library, for example "0.1.0".
 *
 * Lifetime: the text is static.
 * Threads: any thread, at any time, also before hal_init. It never fails. */
HAL_API const char *hal_version(void);

/* Returns the HAL_ABI_DRAFT that this library was built with.
 *
 * Threads: any thread, at any time, also before hal_init. It never fails. */
HAL_API uint32_t hal_abi_draft(void);

/* ==== Backends =====================================================================================================
 */

/* A selected backend. */
typedef struct hal_backend_info_t {
  uint32_t struct_size;
  uint32_t default_ordinal; /* the ordinal that HAL_DEVICE_DEFAULT means for this handle */
  const char *name;         /* "a2a3-sim" */
  const char *arch;         /* "a2a3" */
  const char *kind;         /* "sim" or "onboard" */
  const char *version;
  const char *build; /* compiler and options of the plugin */
  const char *path;  /* the file that was loaded */
} hal_backend_info_t;

/* Finds, loads and probes a backend, and returns its handle in *backend. The first call for a backend is slow, because
 * it loads a shared object.
 *
 * spec  "name[:ordinal]", or an ordered list such as "a5-onboard,a5-sim", of which libhal takes the first usable one.
 *       NULL or "" = the environment variable HAL_BACKEND. If that is unset too, or if the value is "auto", libhal
 *       takes the only usable hardware backend. libhal never takes a simulator that is not named.
 * Lifetime: the handle is valid until the last hal_shutdown. The same backend and ordinal give the same handle.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: spec has a wrong grammar, a variable of the plugin has an invalid value, or several
 *     hardware backends are usable and none is named
 *   HAL_ERR_NOT_FOUND: no backend has this name; the message lists the known names, the hint the nearest one
 *   HAL_ERR_UNAVAILABLE: the backend is known but not usable here; the message has the reason
 *   HAL_ERR_INCOMPATIBLE: the plugin has another ABI draft
 *   HAL_ERR_BUSY: called from a callback while this thread loads a plugin */
HAL_API hal_status_t hal_backend_select(const char *spec, hal_backend_t *backend);

/* Fills *info with facts about a backend.
 *
 * Lifetime: the strings are valid until the last hal_shutdown. */
HAL_API hal_status_t hal_backend_info(hal_backend_t backend, hal_backend_info_t *info);

/* Candidates are the plugin files that libhal finds. Each has a status and the reason why it can or cannot be used.
 * `halprobe` shows the same data.
 *
 * Lifetime: strings are "" where a value is not known. They are valid until the next hal_candidate_scan or the last
 *   hal_shutdown.
 * Threads: all threads see the result of the last scan, whichever thread made it. */
typedef uint32_t hal_candidate_status_t;
#define HAL_CANDIDATE_UNPROBED 0u /* inspected without a problem, not loaded yet */
#define HAL_CANDIDATE_USABLE 1u   /* loaded, and its probe succeeded */
#define HAL_CANDIDATE_ABSENT 2u   /* the plugin works, but this machine has no device for it */
#define HAL_CANDIDATE_BROKEN 3u   /* the file cannot be used */
#define HAL_CANDIDATE_DISABLED 4u /* excluded by HAL_PLUGIN_FILES; the name is that of the file */
#define HAL_CANDIDATE_SHADOWED 5u /* an earlier file has the same backend name */

typedef struct hal_candidate_info_t {
  uint32_t struct_size;
  hal_candidate_status_t status;
  const char *name; /* from the ELF note; without a note, the file's stem without "libhal-" */
  const char *arch;
  const char *kind; /* "sim" or "onboard" */
  const char *version;
  const char *abi;    /* "draft 1" */
  const char *path;   /* the file that libhal inspected */
  const char *origin; /* "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "library" (beside libhal) or "installation" */
  const char *reason; /* one of the codes in docs/operator.md; "" = usable, or not probed yet */
  const char *detail; /* the reason in words, with the values */
  const char *hint;   /* the next step */
} hal_candidate_info_t;

/* Searches for plugins again, inspects every file, and returns the number of candidates in *count. Candidates are in
 * the order of preference. The call reads each file once and loads none.
 *
 * Lifetime: ends the strings of the previous scan. */
HAL_API hal_status_t hal_candidate_scan(uint32_t *count);

/* Fills *info with what libhal knows about one candidate.
 *
 * index  0 to the count of the last hal_candidate_scan, less 1
 * Lifetime: as described at hal_candidate_status_t.
 * Errors:
 *   HAL_ERR_NOT_FOUND: the last scan has no such index */
HAL_API hal_status_t hal_candidate_info(uint32_t index, hal_candidate_info_t *info);

/* Loads and probes one candidate, and updates its status. A candidate that is BROKEN, DISABLED or SHADOWED stays as it
 * is. This runs plugin code in the calling process: a plugin that crashes, exits or hangs takes the process with it.
 *
 * index  as for hal_candidate_info
 * Errors: the call returns HAL_OK for every outcome of the probe; the candidate's new status gives the outcome.
 *   HAL_ERR_NOT_FOUND: the last scan has no such index
 *   HAL_ERR_BUSY: called from a callback while this thread loads a plugin. Nothing has changed. */
HAL_API hal_status_t hal_candidate_probe(uint32_t index);

/* A place that libhal searches for plugins. */
typedef struct hal_search_path_info_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *path;   /* a directory, or a file that HAL_PLUGIN_FILES names */
  const char *origin; /* as in hal_candidate_info_t */
  const char *status; /* "ok", "missing", "permission_denied", "not_a_directory" or "untrusted" */
} hal_search_path_info_t;

/* Returns in *count how many places the last hal_candidate_scan searched; 0 before the first scan. */
HAL_API hal_status_t hal_search_path_count(uint32_t *count);

/* Fills *info with one place that the last hal_candidate_scan searched.
 *
 * index  0 to the count less 1, in the order of the search
 * Lifetime: as described at hal_candidate_status_t.
 * Errors:
 *   HAL_ERR_NOT_FOUND: index is not below the count */
HAL_API hal_status_t hal_search_path_info(uint32_t index, hal_search_path_info_t *info);

/* The backend that a program gets if it does not name one. */
typedef struct hal_selection_info_t {
  uint32_t struct_size;
  hal_status_t status; /* what hal_backend_select(NULL, …) returns */
  uint32_t ordinal;
  uint32_t reserved0;
  const char *name;    /* "" = no backend is selected */
  const char *why;     /* "HAL_BACKEND" or "the only usable hardware backend" */
  const char *message; /* why no backend is selected */
  const char *hint;    /* the next step */
} hal_selection_info_t;

/* Fills *info with the backend that a program gets if it does not name one. The call loads plugins as
 * hal_backend_select does. If that selection fails, info->status has its error and this call returns HAL_OK.
 *
 * Lifetime: as described at hal_candidate_status_t. */
HAL_API hal_status_t hal_selection_explain(hal_selection_info_t *info);

/* An environment variable of libhal or of a plugin. */
typedef struct hal_variable_info_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *name;          /* "HAL_SIM_DEVICES" */
  const char *value;         /* the value from the environment, else the default */
  const char *origin;        /* "environment" or "default" */
  const char *default_value; /* "" = none */
  const char *type;          /* "text", "number", "bytes" or "switch" */
  const char *help;          /* one sentence */
  const char *owner;         /* "core", or the backends that declare it: "a2a3-sim and a5-sim" */
  const char *problem;       /* why the value is not used; "" = the value is valid */
} hal_variable_info_t;

/* Takes a snapshot of the HAL_* variables and returns their number in *count. The snapshot has the variables of libhal
 * and of the plugins that this process has loaded.
 *
 * Lifetime: the snapshot replaces the previous one and ends its strings.
 * Threads: any thread, at any time, also before hal_init and after a hal_init that failed. */
HAL_API hal_status_t hal_variable_count(uint32_t *count);

/* Fills *info with one variable of the last snapshot.
 *
 * index  0 to the count of the last hal_variable_count, less 1
 * Lifetime: the strings are valid until the next hal_variable_count.
 * Threads: any thread, at any time, also before hal_init and after a hal_init that failed.
 * Errors:
 *   HAL_ERR_NOT_FOUND: index is not below the count */
HAL_API hal_status_t hal_variable_info(uint32_t index, hal_variable_info_t *info);

/* The meaning of a code from a layer below libhal.
 *
 * Lifetime: the strings are never NULL and are valid as long as the process. */
typedef struct hal_native_error_t {
  uint32_t struct_size;
  hal_status_t status; /* HAL_ERR_*: what a call of libhal returns after this code */
  const char *domain;  /* whose code it is: "acl", "sim", "errno", "hal" */
  const char *cause;   /* what it means, and its usual cause */
  const char *hint;    /* the next step */
} hal_native_error_t;

/* Explains a code from a layer below libhal, such as native_code of hal_last_error. The call opens nothing.
 *
 * backend  whose codes to look up; NULL = only the domains of libhal itself: "errno" and "hal" (hal_status_t)
 * domain   native_domain of hal_last_error. "errno" and "hal" work with every backend. NULL or "" = the domain of the
 *          backend that knows the code.
 * code     the code
 * Lifetime: the strings in *error are valid as long as the process.
 * Errors:
 *   HAL_ERR_NOT_FOUND: the domain does not have this code
 *   HAL_ERR_UNSUPPORTED: this backend explains no codes */
HAL_API hal_status_t hal_backend_explain_native(hal_backend_t backend, const char *domain, int64_t code,
                                                hal_native_error_t *error);

/* Explains a code as hal_backend_explain_native does, with the plugin of a candidate. The call loads the plugin but
 * does not probe it, so it works on a machine without device or driver. It runs plugin code in the calling process,
 * with the same risk as hal_candidate_probe.
 *
 * index         as for hal_candidate_info
 * domain, code  as for hal_backend_explain_native
 * Lifetime: the strings in *error are valid as long as the process.
 * Errors:
 *   HAL_ERR_NOT_FOUND: the domain does not have this code, or the last scan has no such index
 *   HAL_ERR_UNSUPPORTED: this backend explains no codes
 *   HAL_ERR_UNAVAILABLE, HAL_ERR_INCOMPATIBLE, HAL_ERR_INVALID_ARGUMENT: the file cannot be used; the message has the
 *     reason that hal_candidate_info gives
 *   HAL_ERR_BUSY: called from a callback while this thread loads a plugin. Nothing has changed. */
HAL_API hal_status_t hal_candidate_explain_native(uint32_t index, const char *domain, int64_t code,
                                                  hal_native_error_t *error);

typedef uint32_t hal_finding_verdict_t;
#define HAL_FINDING_INFO 0u    /* useful to know */
#define HAL_FINDING_OK 1u      /* the backend has what it needs */
#define HAL_FINDING_WARNING 2u /* it works, but slowly or not for everything */
#define HAL_FINDING_PROBLEM 3u /* it prevents the backend from working */

/* One fact about the machine, from the view of a backend.
 *
 * Lifetime: the strings are never NULL and are valid only during the callback. */
typedef struct hal_finding_t {
  uint32_t struct_size;
  hal_finding_verdict_t verdict;
  const char *section; /* "device nodes" */
  const char *name;    /* "/dev/davinci0" */
  const char *value;   /* "mode 0660, root:HwHiAiUser: no access for this user" */
  const char *hint;    /* the next step; "" = nothing to do */
} hal_finding_t;

/* Receives one finding. The callback must not throw and must not start a diagnosis. In it, hal_shutdown fails with
 * HAL_ERR_BUSY.
 *
 * user  the pointer that hal_candidate_diagnose received
 * Lifetime: *finding and its strings are valid only during the call.
 * Threads: libhal calls it on the thread that called hal_candidate_diagnose. */
typedef void (*hal_finding_fn)(void *user, const hal_finding_t *finding);

/* Lets the plugin of a candidate examine the machine, and passes each finding to a callback. Findings come in the order
 * in which the plugin makes them; those of one section come together. The call opens no device and needs none. It loads
 * the plugin, which may load the vendor's library, and may be slow. It runs plugin code in the calling process, with
 * the same risk as hal_candidate_probe. If it fails, fn has received the findings made before the failure.
 *
 * index  as for hal_candidate_info
 * fn     receives each finding
 * user   passed to fn unchanged
 * Errors:
 *   HAL_ERR_NOT_FOUND: the last scan has no such index
 *   HAL_ERR_UNSUPPORTED: this backend has no diagnosis
 *   HAL_ERR_UNAVAILABLE, HAL_ERR_INCOMPATIBLE, HAL_ERR_INVALID_ARGUMENT: the file cannot be used; the message has the
 *     reason that hal_candidate_info gives
 *   HAL_ERR_BUSY: called from a callback while this thread loads a plugin. Nothing has changed. */
HAL_API hal_status_t hal_candidate_diagnose(uint32_t index, hal_finding_fn fn, void *user);

/* ==== Devices ======================================================================================================
 */

#define HAL_DEVICE_DEFAULT UINT32_MAX /* the ordinal in the spec or in HAL_BACKEND, else 0 */

/* Returns the number of devices of a backend in *count. Ordinals start at 0. They do not change while the process
 * runs. */
HAL_API hal_status_t hal_device_count(hal_backend_t backend, uint32_t *count);

/* Opens a device and returns its handle in *device. (backend, ordinal) is one device per process: opening an open
 * device returns the same handle and counts one more open. Each process that opens a simulator gets its own device.
 *
 * ordinal  0 to the count of hal_device_count, less 1; or HAL_DEVICE_DEFAULT
 * Ownership: pair each successful open with one hal_device_close.
 * Errors:
 *   HAL_ERR_NOT_FOUND: the backend has no device with this ordinal
 *   HAL_ERR_UNAVAILABLE: the device exists but cannot be opened now */
HAL_API hal_status_t hal_device_open(hal_backend_t backend, uint32_t ordinal, hal_device_t *device);

/* Ends one open of a device. The last one closes the device. A lost device can be closed too.
 *
 * Lifetime: the last close makes the handle, and that of the device's own stream, stale.
 * Errors:
 *   HAL_ERR_BUSY: the device still has memory, created streams or executables, or another thread is inside a call on
 *     it. Nothing has changed. */
HAL_API hal_status_t hal_device_close(hal_device_t device);

/* An open device. */
typedef struct hal_device_info_t {
  uint32_t struct_size;
  uint32_t ordinal;
  const char *backend;
  const char *name;              /* a name to show: "Ascend910B1 simulator" */
  const char *soc;               /* "Ascend910B1" */
  const char *arch;              /* "a2a3" */
  const char *executable_format; /* what hal_executable_load_* accepts: "elf-host-so" on simulators */
  const char *native_api;        /* the vendor library in use: "acl 9.1.0 from /…/libascendcl.so"; "" = none, or not
                                    known */
} hal_device_info_t;

/* Fills *info with facts about a device.
 *
 * Lifetime: the strings are valid until the device is closed. */
HAL_API hal_status_t hal_device_info(hal_device_t device, hal_device_info_t *info);

/* Keys of hal_device_query. */
typedef uint32_t hal_property_t;
#define HAL_PROPERTY_AIC_CORES 1u
#define HAL_PROPERTY_AIV_CORES 2u
#define HAL_PROPERTY_AICPU_CORES 3u
#define HAL_PROPERTY_MEMORY_TOTAL_BYTES 10u
#define HAL_PROPERTY_MEMORY_FREE_BYTES 11u
#define HAL_PROPERTY_MAPPED_TOTAL_BYTES 12u /* for HOST_MAPPED and HOST_IMPORTED memory */
#define HAL_PROPERTY_MAPPED_FREE_BYTES 13u
#define HAL_PROPERTY_UB_BYTES 20u
#define HAL_PROPERTY_L1_BYTES 21u
#define HAL_PROPERTY_L0A_BYTES 22u
#define HAL_PROPERTY_L0B_BYTES 23u
#define HAL_PROPERTY_L0C_BYTES 24u
#define HAL_PROPERTY_L2_BYTES 25u
#define HAL_PROPERTY_CUBE_CLOCK_HZ 30u
#define HAL_PROPERTY_COUNTER_HZ 31u
#define HAL_PROPERTY_MEMORY_ALIGNMENT_BYTES 40u   /* of DEVICE allocations */
#define HAL_PROPERTY_REGISTER_ALIGNMENT_BYTES 41u /* of start and size of HOST_IMPORTED ranges */
#define HAL_PROPERTY_CACHE_LINE_BYTES 42u
#define HAL_PROPERTY_MAX_BLOCKS 50u
#define HAL_PROPERTY_DEVICE_PROCESS_ID 60u /* simulators: the process that runs kernels */

/* Returns one property of a device in *value.
 *
 * property  HAL_PROPERTY_*; its name has the unit
 * Errors:
 *   HAL_ERR_UNSUPPORTED: this device does not know the property */
HAL_API hal_status_t hal_device_query(hal_device_t device, hal_property_t property, uint64_t *value);

/* Resets a device to the state after opening.
 *
 * The handles of its memory, created streams and executables become stale. Registered host memory is the caller's plain
 * memory again. The device handle, its open count and the device's own stream stay. If the device cannot be brought
 * back, the call returns the reason, those objects are gone too, and the device is lost until a later reset succeeds.
 *
 * Tickets of the device's own stream: a ticket that had completed stays completed, and every other ticket from before
 * the reset is HAL_ERR_CANCELLED from now on. libhal remembers this exactly for the last 64 resets that cancelled
 * tickets. Older ones are merged: after more than 64 such resets of one device, a ticket that completed between the
 * oldest of them can no longer be distinguished from the cancelled ones, and is reported as HAL_ERR_CANCELLED too.
 *
 * Errors:
 *   HAL_ERR_BUSY: another thread is inside a call on the device or on one of its objects. Nothing has changed.
 *   HAL_ERR_FAILED_PRECONDITION: other code than libhal uses the device in this process, and a reset would take the
 *     device away from it. Nothing has changed. */
HAL_API hal_status_t hal_device_reset(hal_device_t device);

/* Waits until all work that was submitted to all streams of a device is done. If a ticket has failed, the call still
 * waits for the other streams.
 *
 * timeout_ns  nanoseconds for all streams together; HAL_TIMEOUT_POLL, HAL_TIMEOUT_FOREVER
 * Errors:
 *   HAL_ERR_TIMEOUT: work was not done in time
 *   any other error: the failure of the first ticket that failed */
HAL_API hal_status_t hal_device_wait(hal_device_t device, uint64_t timeout_ns);

/* Checks the allocations of device memory and mapped memory, and registered memory, for writes by kernels outside of
 * them: before the start, after the end, or into an allocation that was freed. HAL_OK means that no such write was
 * found.
 *
 * The check covers all work that is done, so wait for the work first. It does not disturb work that runs meanwhile; the
 * writes of such work may be found now or later. Each damaged allocation is reported once. The device stays usable. The
 * check also works on a lost device.
 *
 * Errors:
 *   HAL_ERR_KERNEL_FAULT: an allocation is damaged. The message names the first one, by tag, address, size and the call
 *     that made it, and the number of further ones. fault_addr is the first byte that changed there.
 *   HAL_ERR_UNSUPPORTED: this backend cannot check, or checking is off (HAL_SIM_SANITIZE=0) */
HAL_API hal_status_t hal_device_check(hal_device_t device);

/* ==== Memory =======================================================================================================
 */

typedef uint32_t hal_mem_kind_t;
#define HAL_MEM_UNKNOWN 0u       /* in an answer: the address does not belong to libhal */
#define HAL_MEM_DEVICE 1u        /* memory of the device */
#define HAL_MEM_HOST_PINNED 2u   /* host memory for fast copies; no device address */
#define HAL_MEM_HOST_MAPPED 3u   /* shared memory: host memory that kernels read and write in place */
#define HAL_MEM_HOST_IMPORTED 4u /* shared memory over the caller's own memory: hal_mem_register */
#define HAL_MEM_DEVICE_MAPPED 5u /* device memory that the host can access too (a2a3 only) */

typedef uint32_t hal_mem_flags_t;
#define HAL_MEM_COHERENT (1u << 0) /* in an answer: hal_mem_sync is never needed */

/* Describes memory to allocate, to register or to ask about. */
typedef struct hal_mem_desc_t {
  uint32_t struct_size;
  hal_mem_kind_t kind;
  uint64_t size_bytes;
  uint64_t alignment_bytes;     /* a power of two; 0 = the default of the backend */
  hal_engine_mask_t must_reach; /* fail unless all these engines can access the memory */
  void *host_ptr;               /* hal_mem_register only: start of the caller's range */
  const char *tag;              /* a name for reports; libhal copies at most 63 bytes; NULL = none */
  hal_mem_flags_t flags;        /* 0 in this draft */
  uint32_t reserved0;
} hal_mem_desc_t;

/* What a device can do with the memory of a descriptor. */
typedef struct hal_mem_caps_t {
  uint32_t struct_size;
  hal_status_t verdict;            /* what hal_mem_alloc or hal_mem_register would return for it */
  hal_engine_mask_t can_reach;     /* engines that can certainly access the memory */
  hal_engine_mask_t reach_unknown; /* engines for which the backend does not know it */
  uint64_t alignment_bytes;
  uint64_t granularity_bytes;
  uint64_t max_bytes;
  hal_mem_flags_t flags;
  uint32_t reserved0;
} hal_mem_caps_t;

/* Memory that libhal knows. */
typedef struct hal_mem_info_t {
  uint32_t struct_size;
  hal_mem_kind_t kind; /* HAL_MEM_UNKNOWN: the memory does not belong to libhal; all other fields are 0 */
  hal_mem_t mem;
  void *host_ptr;                /* NULL: the host cannot access it */
  hal_device_addr_t device_addr; /* 0: no engine can access it */
  uint64_t size_bytes;
  uint64_t offset_bytes; /* distance of the looked-up address from the start */
  hal_engine_mask_t can_reach;
  hal_engine_mask_t reach_unknown;
  hal_mem_flags_t flags;
  uint32_t reserved0;
} hal_mem_info_t;

/* Fills *caps with whether memory could be allocated, or registered for HOST_IMPORTED, and which engines could access
 * it. The call allocates nothing.
 *
 * desc  the memory; desc->host_ptr may be NULL
 * Errors: if the memory could not be had, caps->verdict has the error and this call returns HAL_OK. */
HAL_API hal_status_t hal_mem_query(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps);

/* Allocates memory of any kind except HOST_IMPORTED, and returns its handle in *mem. HOST_MAPPED memory is zero. DEVICE
 * and DEVICE_MAPPED memory is not initialised.
 *
 * desc  the memory; size in bytes; desc->host_ptr is NULL
 * Ownership: the caller frees it with hal_mem_free.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: the size is 0, the alignment is not a power of two, the kind does not exist or is
 *     HOST_IMPORTED, host_ptr is not NULL, or must_reach has an unknown engine
 *   HAL_ERR_OUT_OF_MEMORY: the size is larger than what is left, or than any capacity
 *   HAL_ERR_UNSUPPORTED: this backend does not have the kind, or an engine in must_reach cannot access it */
HAL_API hal_status_t hal_mem_alloc(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem);

/* Frees memory of hal_mem_alloc.
 *
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: the memory was registered; use hal_mem_unregister
 *   HAL_ERR_BUSY: a submitted launch or copy uses the memory, or another thread is inside a call on it
 *   HAL_ERR_KERNEL_FAULT: a kernel wrote before the start or after the end of the memory (see hal_device_check). The
 *     memory is freed, and the device is not lost. */
HAL_API hal_status_t hal_mem_free(hal_mem_t mem);

/* Maps the caller's own host memory for the device, in place (kind HOST_IMPORTED), and returns its handle in *mem. The
 * call costs a copy of the range.
 *
 * desc  desc->host_ptr and desc->size_bytes are multiples of max(4096, page size). The range is private anonymous
 *       read-write memory.
 * Ownership: the caller keeps the memory. Until hal_mem_unregister, the caller must not free the range and must not
 *   fork.
 * Threads: during hal_mem_register and hal_mem_unregister, no other thread may write to the range: such writes may be
 *   lost. Reads are allowed.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: host_ptr is NULL; the range is not aligned, or overflows; the kind is not HOST_IMPORTED;
 *     or the range is another sort of memory, which the message names
 *   HAL_ERR_ALREADY_EXISTS: the range overlaps one that is registered or mapped, for any device of this process
 *   HAL_ERR_OUT_OF_MEMORY: the size is larger than what the device can map
 *   HAL_ERR_UNSUPPORTED: this backend cannot register memory, or an engine in must_reach cannot access it */
HAL_API hal_status_t hal_mem_register(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem);

/* Ends a registration of hal_mem_register. The range keeps its bytes.
 *
 * Threads: as for hal_mem_register.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: the memory was allocated; use hal_mem_free
 *   HAL_ERR_BUSY: a submitted launch or copy uses the memory, or another thread is inside a call on it
 *   HAL_ERR_FAILED_PRECONDITION: the caller unmapped the range before. The registration has ended, and libhal does not
 *     touch what is mapped there now.
 *   HAL_ERR_KERNEL_FAULT: a kernel wrote after the end of the range (see hal_device_check). The registration has ended,
 *     and the device is not lost. */
HAL_API hal_status_t hal_mem_unregister(hal_mem_t mem);

/* Fills *info with facts about memory: addresses, size in bytes, engines. */
HAL_API hal_status_t hal_mem_info(hal_mem_t mem, hal_mem_info_t *info);

/* Finds the memory of a device that contains a host address, and fills *info. An address inside the memory is found
 * too. For an address that libhal does not know, info->kind is HAL_MEM_UNKNOWN and the call returns HAL_OK. */
HAL_API hal_status_t hal_mem_lookup_host(hal_device_t device, const void *host_ptr, hal_mem_info_t *info);

/* Finds the memory of a device that contains a device address. Otherwise as hal_mem_lookup_host. */
HAL_API hal_status_t hal_mem_lookup_device(hal_device_t device, hal_device_addr_t addr, hal_mem_info_t *info);

typedef uint32_t hal_sync_t;
#define HAL_SYNC_TO_DEVICE 1u   /* running kernels see what the host wrote */
#define HAL_SYNC_FROM_DEVICE 2u /* the host sees what running kernels wrote */

/* Makes writes to mapped memory visible while a launch runs. It does nothing where info->flags has HAL_MEM_COHERENT. It
 * is not needed before or after a launch: a submit publishes all earlier host writes, and a completion that a wait or a
 * query has seen publishes all kernel writes.
 *
 * offset_bytes, size_bytes  the part of the memory; at least one byte
 * direction                 HAL_SYNC_TO_DEVICE or HAL_SYNC_FROM_DEVICE
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: size_bytes is 0, or the direction does not exist
 *   HAL_ERR_OUT_OF_RANGE: offset + size is outside of the memory
 *   HAL_ERR_UNSUPPORTED: the memory is not mapped */
HAL_API hal_status_t hal_mem_sync(hal_mem_t mem, uint64_t offset_bytes, uint64_t size_bytes, hal_sync_t direction);

/* ==== Streams and tickets ==========================================================================================
 */

/* A stream runs submitted work in order. Each submit returns a ticket. The tickets of a stream increase. In a submit, a
 * NULL stream is the device's own stream.
 *
 * A ticket that failed keeps its failure until the device is reset: every wait for it returns the failure again. Later
 * tickets of the stream are then HAL_ERR_CANCELLED or HAL_ERR_DEVICE_LOST. See hal_device_reset for tickets after a
 * reset. */

/* Returns the handle of the device's own stream in *stream, for waits and queries.
 *
 * Lifetime: the stream is valid as long as the device is open. It cannot be destroyed. */
HAL_API hal_status_t hal_device_stream(hal_device_t device, hal_stream_t *stream);

/* Creates a stream and returns its handle in *stream.
 *
 * flags  0 in this draft
 * Ownership: the caller destroys it with hal_stream_destroy.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: flags is not 0 */
HAL_API hal_status_t hal_stream_create(hal_device_t device, uint32_t flags, hal_stream_t *stream);

/* Destroys a stream of hal_stream_create.
 *
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: it is the device's own stream
 *   HAL_ERR_BUSY: work of the stream is not done, or another thread is inside a call on the stream */
HAL_API hal_status_t hal_stream_destroy(hal_stream_t stream);

/* Waits until a ticket is done.
 *
 * ticket      of a submit to this stream
 * timeout_ns  nanoseconds; HAL_TIMEOUT_POLL, HAL_TIMEOUT_FOREVER
 * Threads: several threads may wait for one stream at the same time.
 * Errors:
 *   HAL_ERR_TIMEOUT: the ticket was not done in time
 *   HAL_ERR_INVALID_ARGUMENT: no submit to this stream has returned this ticket
 *   HAL_ERR_CANCELLED: an earlier ticket failed, or the device was reset before the ticket completed. After more than
 *     64 resets, some completed tickets are reported in this way too: see hal_device_reset.
 *   any other error: the failure of the ticket */
HAL_API hal_status_t hal_stream_wait(hal_stream_t stream, uint64_t ticket, uint64_t timeout_ns);

/* Returns in *completed the newest ticket up to which all work has completed without failure. It never blocks.
 *
 * Errors:
 *   any error: the failure of the first ticket of the stream that failed; *completed is filled too */
HAL_API hal_status_t hal_stream_query(hal_stream_t stream, uint64_t *completed);

/* ==== Copies and fills =============================================================================================
 */

/* Queues a copy of size_bytes from host memory to device memory (DEVICE or DEVICE_MAPPED), and returns its ticket.
 *
 * dst, dst_offset_bytes  where to write
 * src                    host memory, never a device address. If it is not HOST_PINNED memory, the call may return only
 *                        after the copy is done.
 * ticket                 output; NULL = not wanted
 * Lifetime: src must stay valid and unchanged until the ticket is done. dst cannot be freed until then.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: size_bytes is 0; dst is not device memory (for other memory, use its host pointer
 *     instead of a copy); src is NULL or a device address; or stream and dst are of different devices
 *   HAL_ERR_OUT_OF_RANGE: offset + size is outside of the allocation */
HAL_API hal_status_t hal_copy_to_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, const void *src,
                                        uint64_t size_bytes, uint64_t *ticket);

/* Queues a copy of size_bytes from device memory to host memory, and returns its ticket.
 *
 * dst       host memory; as src of hal_copy_to_device
 * Lifetime: dst must stay valid until the ticket is done. src cannot be freed until then.
 * Errors: as for hal_copy_to_device. */
HAL_API hal_status_t hal_copy_from_device(hal_stream_t stream, void *dst, hal_mem_t src, uint64_t src_offset_bytes,
                                          uint64_t size_bytes, uint64_t *ticket);

/* Queues a copy of size_bytes from device memory to device memory of the same device, and returns its ticket.
 *
 * Lifetime: dst and src cannot be freed until the ticket is done.
 * Errors: as for hal_copy_to_device. */
HAL_API hal_status_t hal_copy_on_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, hal_mem_t src,
                                        uint64_t src_offset_bytes, uint64_t size_bytes, uint64_t *ticket);

/* Queues a fill that sets size_bytes bytes of device memory to value, and returns its ticket.
 *
 * Lifetime: dst cannot be freed until the ticket is done.
 * Errors: as for hal_copy_to_device. */
HAL_API hal_status_t hal_fill(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, uint64_t size_bytes,
                              uint8_t value, uint64_t *ticket);

/* ==== Executables and kernels ======================================================================================
 */

/* Loads a kernel object from a file and returns its handle in *executable. The content decides: if the file at the same
 * path has changed, a new load gives the new code.
 *
 * Ownership: the caller unloads it with hal_executable_unload. The file is not needed after the call.
 * Errors:
 *   HAL_ERR_NOT_FOUND: there is no such file
 *   HAL_ERR_PERMISSION_DENIED: this process cannot read the file
 *   HAL_ERR_INVALID_ARGUMENT: it is not a kernel object for this backend; the message says why */
HAL_API hal_status_t hal_executable_load_file(hal_device_t device, const char *path, hal_executable_t *executable);

/* Loads a kernel object from size_bytes bytes at data. Otherwise as hal_executable_load_file.
 *
 * Ownership: the bytes are not needed after the call.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: it is not a kernel object for this backend; the message says why */
HAL_API hal_status_t hal_executable_load_data(hal_device_t device, const void *data, uint64_t size_bytes,
                                              hal_executable_t *executable);

/* Unloads a kernel object.
 *
 * Lifetime: the handles of its kernels become stale.
 * Errors:
 *   HAL_ERR_BUSY: a launch of one of its kernels is not done, or another thread is inside a call on the executable or
 *     on one of its kernels */
HAL_API hal_status_t hal_executable_unload(hal_executable_t executable);

/* Finds a kernel by its name and returns its handle in *kernel.
 *
 * name  NULL = "kernel_entry"
 * Lifetime: the handle is valid until the executable is unloaded. The same kernel always has the same handle.
 * Errors:
 *   HAL_ERR_NOT_FOUND: the object has no kernel of this name
 *   HAL_ERR_INVALID_ARGUMENT: name is empty */
HAL_API hal_status_t hal_executable_find(hal_executable_t executable, const char *name, hal_kernel_t *kernel);

/* Calling conventions: how a kernel receives its arguments. */
typedef uint32_t hal_convention_t;
#define HAL_CONVENTION_DEFAULT 0u    /* the convention that the object states, else ARGS_ARRAY */
#define HAL_CONVENTION_ARGS_ARRAY 1u /* entry(int64_t args[50]); the word of a tensor is the address of its data */
#define HAL_CONVENTION_ARGS_DESCRIPTORS 2u /* the same, but the word is the address of a 128-byte descriptor */
#define HAL_CONVENTION_C 3u                /* entry(word, word, …): the words are C parameters */

typedef uint32_t hal_kernel_flags_t;
/* The object uses the chip's tile library, compiled for a simulator. */
#define HAL_KERNEL_USES_TILE_LIBRARY 1u
/* That library checks the bounds of local memory: the object was compiled without NDEBUG. */
#define HAL_KERNEL_CHECKS_BOUNDS 2u

/* A kernel of a loaded object. */
typedef struct hal_kernel_info_t {
  uint32_t struct_size;
  hal_convention_t convention; /* HAL_CONVENTION_DEFAULT: the object does not state one */
  hal_engine_mask_t engine;    /* 0: the object does not state one */
  const char *name;            /* valid until the executable is unloaded */
  hal_executable_t executable;
  hal_kernel_flags_t flags; /* HAL_KERNEL_*; 0 if the backend does not look */
  uint32_t reserved0;
} hal_kernel_info_t;

/* Fills *info with facts about a kernel.
 *
 * Lifetime: info->name is valid until the executable is unloaded. */
HAL_API hal_status_t hal_kernel_info(hal_kernel_t kernel, hal_kernel_info_t *info);

/* ==== Launch =======================================================================================================
 */

/* Types of arguments, and the fields that each uses. */
#define HAL_ARG_SCALAR 1u /* dtype, u.bits: the value, zero-extended; a float32 is its bit pattern */
#define HAL_ARG_MEM 2u    /* mem, offset_bytes, u.mem.size_bytes (0 = to the end), access */
#define HAL_ARG_TENSOR 3u /* mem, offset_bytes, dtype, rank, u.tensor, access; shape and strides give its size */
#define HAL_ARG_ADDR 4u   /* u.bits: a raw device address; libhal does not check lifetime or bounds */

/* How the kernel accesses the memory. Combine the bits. */
#define HAL_ACCESS_READ 1u
#define HAL_ACCESS_WRITE 2u

/* One kernel argument, 64 bytes. Words that its type does not use are zero. With ARGS_ARRAY and ARGS_DESCRIPTORS, a
 * launch has at most 32 MEM, TENSOR and ADDR arguments, followed by at most 16 SCALAR arguments. With C, it has at most
 * 48 arguments in any order. */
typedef struct hal_arg_t {
  uint8_t type;
  uint8_t access;
  hal_dtype_t dtype;
  uint8_t rank; /* of a TENSOR: 1 to 5 */
  uint32_t reserved0;
  hal_mem_t mem;
  uint64_t offset_bytes;
  union {
    uint64_t bits;
    struct {
      uint64_t size_bytes;
      uint64_t reserved[4];
    } mem;
    struct {
      uint32_t shape[5];   /* in elements */
      uint32_t strides[5]; /* in elements; all zero = contiguous */
    } tensor;
    uint64_t words[5];
  } u;
} hal_arg_t;

/* Describes one launch. */
typedef struct hal_launch_desc_t {
  uint32_t struct_size;
  uint32_t flags; /* 0 in this draft */
  hal_kernel_t kernel;
  hal_stream_t stream; /* NULL = the own stream of the kernel's device */
  uint32_t block_count;
  hal_convention_t convention;
  hal_engine_mask_t engine; /* AIC, AIV or AICPU; 0 = the engine that the object states, else AIV */
  uint64_t timeout_ns;      /* time limit; 0 = the device's default, HAL_TIMEOUT_FOREVER = no limit */
  const char *tag;          /* a name for reports; libhal copies at most 31 bytes; NULL = none */
  const hal_arg_t *args;    /* libhal copies them */
  uint32_t arg_count;
  uint32_t reserved0;
} hal_launch_desc_t;

/* Queues one launch and returns its ticket. The call allocates nothing.
 *
 * desc    the launch
 * ticket  output; NULL = not wanted
 * Lifetime: *desc and its arguments are not needed after the call. Memory of MEM and TENSOR arguments, and the
 *   executable, cannot be freed until the ticket is done.
 * Errors:
 *   HAL_ERR_INVALID_ARGUMENT: block_count is 0 or larger than HAL_PROPERTY_MAX_BLOCKS, an argument has the wrong form,
 *     or objects of several devices are used
 *   HAL_ERR_OUT_OF_RANGE: an argument is outside of its allocation
 *   HAL_ERR_UNSUPPORTED: the engine cannot access an argument, or this backend does not run the convention or engine */
HAL_API hal_status_t hal_kernel_launch(const hal_launch_desc_t *desc, uint64_t *ticket);

#ifdef __cplusplus
}
#endif
#endif /* HAL_HAL_H_ */
