/* SPDX-License-Identifier: Apache-2.0
 *
 * libhal: one C API over Ascend NPU backends that are found at run time.
 *
 * Reading order: status, handles, errors and log, lifecycle, backends, devices, memory, copies, streams, executables,
 * launch. Every comment says what the parameters are (units are in their names), who owns what, which threads may call,
 * and which errors are this call's own. Errors that every call shares are said once, here:
 *   HAL_ERR_INVALID_ARGUMENT     a null output, a stale, foreign or wrong-typed handle, a non-zero reserved word
 *   HAL_ERR_FAILED_PRECONDITION  before hal_init, after hal_shutdown, or in a forked child
 *   HAL_ERR_DEVICE_LOST          the device is gone; only close, reset, free and queries still work on it
 * A failing call leaves its story for hal_last_error() on the calling thread and has no other effect, unless its
 * comment says so.
 *
 * Threads: every function may be called from any thread. Calls on different objects never need a lock. Submits (launch,
 * copy, fill) to one created stream are serialised by the caller; the device's own stream takes them from any thread.
 * Closing an object while another thread is inside a call on it is HAL_ERR_BUSY, never a crash.
 *
 * The ABI is a draft until 1.0.0: HAL_ABI_DRAFT rises with every incompatible change (docs/abi-history.md).
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
#define HAL_ERR_CANCELLED (-1)
#define HAL_ERR_UNKNOWN (-2)
#define HAL_ERR_INVALID_ARGUMENT (-3)
#define HAL_ERR_TIMEOUT (-4)
#define HAL_ERR_NOT_FOUND (-5)
#define HAL_ERR_ALREADY_EXISTS (-6)
#define HAL_ERR_PERMISSION_DENIED (-7)
#define HAL_ERR_OUT_OF_MEMORY (-8)
#define HAL_ERR_FAILED_PRECONDITION (-9)
#define HAL_ERR_OUT_OF_RANGE (-11)
#define HAL_ERR_UNSUPPORTED (-12) /* this chip or backend never does it; what is merely not here is UNAVAILABLE */
#define HAL_ERR_INTERNAL (-13)
#define HAL_ERR_UNAVAILABLE (-14)
#define HAL_ERR_BUSY (-16)
#define HAL_ERR_INCOMPATIBLE (-18)
#define HAL_ERR_DEVICE_LOST (-32)
#define HAL_ERR_KERNEL_FAULT (-33)
#define HAL_ERR_KERNEL_TIMEOUT (-34)

#define HAL_TIMEOUT_POLL UINT64_C(0)
#define HAL_TIMEOUT_FOREVER UINT64_MAX

/* The status as its constant is spelt less "HAL_ERR_", for example "OUT_OF_RANGE"; "UNKNOWN" for any other number.
 * Static text. Any thread, at any time. */
HAL_API const char *hal_status_string(hal_status_t status);

/* ==== Handles and numbers ==========================================================================================
 */

/* A handle's value is type | generation | index and is never dereferenced: a stale, foreign or wrong-typed one is found
 * out, always. The pointer types exist only so that the compiler keeps them apart. */
typedef struct hal_backend_s *hal_backend_t;
typedef struct hal_device_s *hal_device_t;
typedef struct hal_stream_s *hal_stream_t;
typedef struct hal_mem_s *hal_mem_t;
typedef struct hal_executable_s *hal_executable_t;
typedef struct hal_kernel_s *hal_kernel_t;

/* An address that the device uses. An integer, so that the host cannot dereference it by accident. 0 = none. */
typedef uint64_t hal_device_addr_t;

/* Units that touch memory by themselves; a mask wherever several are meant. */
typedef uint64_t hal_engine_mask_t;
#define HAL_ENGINE_HOST (UINT64_C(1) << 0)
#define HAL_ENGINE_AIC (UINT64_C(1) << 1)   /* cube core */
#define HAL_ENGINE_AIV (UINT64_C(1) << 2)   /* vector core */
#define HAL_ENGINE_AICPU (UINT64_C(1) << 3) /* the device's control processors */
#define HAL_ENGINE_SDMA (UINT64_C(1) << 4)  /* the copy engine */

/* Element types; the values are those of the tensor descriptor that kernels read. */
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
#define HAL_FAULT_HAS_ADDR (1u << 1)  /* fault_addr is known; 0 is an address as any other */
#define HAL_FAULT_READ (1u << 2)      /* the kernel was reading; neither bit: it is not known */
#define HAL_FAULT_WRITE (1u << 3)     /* the kernel was writing */

/* What the calling thread's last failing call left. Strings are UTF-8, never NULL ("" = nothing to say), owned by
 * libhal, and live until this thread's next failing call. The last four fields are the facts of a KERNEL_FAULT or a
 * KERNEL_TIMEOUT as far as the backend knows them for certain, and "" and 0 for every other failure. */
typedef struct hal_error_info_t {
  uint32_t struct_size;
  hal_status_t status;
  int64_t native_code;           /* the code that the layer below gave; 0 = none */
  const char *native_domain;     /* whose code that is: "acl", "rt", "driver", "errno", "sim" */
  const char *component;         /* "core" or the backend's name */
  const char *function;          /* the public function that failed */
  const char *message;           /* what failed, with the values */
  const char *hint;              /* the next step */
  const char *kernel;            /* name of the kernel that failed, cut at 511 bytes; "" = not known */
  uint64_t fault_addr;           /* the address that it touched, as the kernel sees it; 0 without HAL_FAULT_HAS_ADDR */
  uint32_t block;                /* which of its blocks failed; 0 without HAL_FAULT_HAS_BLOCK */
  hal_fault_flags_t fault_flags; /* HAL_FAULT_*; 0 = no more is known than the name, if that */
} hal_error_info_t;

/* Fills *info with the calling thread's last failure; HAL_OK as status if nothing has failed on it yet. Success of
 * other calls never clears it. Any thread, at any time, also before hal_init. */
HAL_API hal_status_t hal_last_error(hal_error_info_t *info);

typedef uint32_t hal_log_level_t;
#define HAL_LOG_TRACE 0u
#define HAL_LOG_DEBUG 1u
#define HAL_LOG_INFO 2u
#define HAL_LOG_WARN 3u
#define HAL_LOG_ERROR 4u
#define HAL_LOG_OFF 5u

/* Receives one message. Called from any thread, with no lock of libhal held; the strings die when it returns. It may
 * call libhal; out of a plugin's loading, another one's loading is BUSY. */
typedef void (*hal_log_fn)(void *user, hal_log_level_t level, const char *component, const char *message);

/* Sends log messages to fn(user, …) instead of stderr; NULL = back to stderr. At any time, also before hal_init. A call
 * to the old function may still be under way on another thread when this returns. */
HAL_API hal_status_t hal_log_set_callback(hal_log_fn fn, void *user);

/* Drops messages below level. Default: HAL_LOG_LEVEL of the environment, else HAL_LOG_WARN. At any time. */
HAL_API hal_status_t hal_log_set_level(hal_log_level_t level);

/* ==== Lifecycle ====================================================================================================
 */

/* Starts libhal for this process; counted. abi_draft is the caller's HAL_ABI_DRAFT. Reads the environment, loads no
 * plugin, starts no thread. INCOMPATIBLE names both drafts; INVALID_ARGUMENT names a HAL_* variable whose value is bad.
 */
HAL_API hal_status_t hal_init(uint32_t abi_draft);

/* Gives back one hal_init. The last one ends libhal; BUSY, with nothing changed, while devices are open or a call on a
 * backend or that finds, loads or asks plugins is under way (hal_backend_select, hal_candidate_*,
 * hal_selection_explain; out of a callback of theirs, too). Nothing of libhal or of a plugin runs from a destructor or
 * at exit: a process that just ends is fine too. */
HAL_API hal_status_t hal_shutdown(void);

/* "0.1.0", and the HAL_ABI_DRAFT that this library was built with. Any thread, at any time. */
HAL_API const char *hal_version(void);
HAL_API uint32_t hal_abi_draft(void);

/* ==== Backends =====================================================================================================
 */

typedef struct hal_backend_info_t {
  uint32_t struct_size;
  uint32_t default_ordinal; /* what HAL_DEVICE_DEFAULT means on this handle */
  const char *name;         /* "a2a3-sim" */
  const char *arch;         /* "a2a3" */
  const char *kind;         /* "sim" or "onboard" */
  const char *version;
  const char *build; /* compiler and options of the plugin */
  const char *path;  /* the file that was loaded */
} hal_backend_info_t;

/* Finds, loads and probes a backend. spec is "name[:ordinal]" or an ordered list "a5-onboard,a5-sim", of which the
 * first usable one is taken; NULL or "" = HAL_BACKEND of the environment; unset or "auto" = the one usable hardware
 * backend. A simulator is never chosen unless named. The handle lives until the last hal_shutdown and is the same for
 * the same backend and ordinal. Slow the first time (loads a shared object). INVALID_ARGUMENT bad grammar; NOT_FOUND
 * unknown name, with the list and the nearest spelling; UNAVAILABLE known but not usable here, with the reason;
 * INCOMPATIBLE the plugin speaks another draft; BUSY as hal_candidate_probe. */
HAL_API hal_status_t hal_backend_select(const char *spec, hal_backend_t *backend);

/* Fills *info; its strings live until the last hal_shutdown. */
HAL_API hal_status_t hal_backend_info(hal_backend_t backend, hal_backend_info_t *info);

/* What was found, and why it can or cannot be used: the data behind `halprobe`. Strings are "" where unknown, and live
 * until the next hal_candidate_scan or the last hal_shutdown. A scan by one thread changes what the others see. */
typedef uint32_t hal_candidate_status_t;
#define HAL_CANDIDATE_UNPROBED 0u /* inspected and good so far, not loaded */
#define HAL_CANDIDATE_USABLE 1u
#define HAL_CANDIDATE_ABSENT 2u   /* a healthy plugin without a device here */
#define HAL_CANDIDATE_BROKEN 3u   /* a file that cannot be used */
#define HAL_CANDIDATE_DISABLED 4u /* kept out by HAL_PLUGIN_FILES; its name is the file's */
#define HAL_CANDIDATE_SHADOWED 5u /* another file of this backend comes first */

typedef struct hal_candidate_info_t {
  uint32_t struct_size;
  hal_candidate_status_t status;
  const char *name; /* of the plugin's note; without one, the file's stem less "libhal-" */
  const char *arch;
  const char *kind; /* "sim" or "onboard" */
  const char *version;
  const char *abi;    /* "draft 1" */
  const char *path;   /* the file that was tried */
  const char *origin; /* "HAL_PLUGIN_FILES", "HAL_PLUGIN_PATH", "library" (beside libhal) or "installation" */
  const char *reason; /* of the closed set in docs/operator.md; "" = usable, or not probed yet */
  const char *detail; /* with the values */
  const char *hint;   /* the next step */
} hal_candidate_info_t;

/* Searches again, inspects every file and gives how many there are, in order of preference. Loads none of them; costs
 * reading each once. */
HAL_API hal_status_t hal_candidate_scan(uint32_t *count);

/* Fills *info with what is known of one file. NOT_FOUND: not an index of the last scan. */
HAL_API hal_status_t hal_candidate_info(uint32_t index, hal_candidate_info_t *info);

/* Loads and probes one UNPROBED, USABLE or ABSENT file in this process, and updates its status; the others stay as they
 * are. Code of the plugin runs here: what it does to the process (crash, exit, hang) is done. HAL_OK whatever the
 * status becomes; NOT_FOUND: not an index of the last scan; BUSY, with nothing changed: called back out of a plugin's
 * loading. */
HAL_API hal_status_t hal_candidate_probe(uint32_t index);

typedef struct hal_search_path_info_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *path;   /* a directory, or a file that HAL_PLUGIN_FILES names */
  const char *origin; /* as of candidates */
  const char *status; /* "ok", "missing", "permission_denied", "not_a_directory" or "untrusted" */
} hal_search_path_info_t;

/* The places that the last hal_candidate_scan searched, in order; 0 before the first. Strings as of candidates.
 * NOT_FOUND: not an index below the count. */
HAL_API hal_status_t hal_search_path_count(uint32_t *count);
HAL_API hal_status_t hal_search_path_info(uint32_t index, hal_search_path_info_t *info);

typedef struct hal_selection_info_t {
  uint32_t struct_size;
  hal_status_t status; /* what hal_backend_select(NULL, …) answers */
  uint32_t ordinal;
  uint32_t reserved0;
  const char *name;    /* "" = nothing is selected */
  const char *why;     /* "HAL_BACKEND" or "the only usable hardware backend" */
  const char *message; /* why nothing is */
  const char *hint;
} hal_selection_info_t;

/* Says in *info what a program gets that names no backend. Loads plugins as hal_backend_select does. A refusal is
 * info->status, not this call's. Strings as of candidates. */
HAL_API hal_status_t hal_selection_explain(hal_selection_info_t *info);

typedef struct hal_variable_info_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *name;          /* "HAL_SIM_DEVICES" */
  const char *value;         /* the environment's, else the default */
  const char *origin;        /* "environment" or "default" */
  const char *default_value; /* "" = none */
  const char *type;          /* "text", "number", "bytes" or "switch" */
  const char *help;
  const char *owner;   /* "core", or the backends that declare it: "a2a3-sim and a5-sim" */
  const char *problem; /* "" = the value is good */
} hal_variable_info_t;

/* The HAL_* variables that the core declares, and those of the plugins that this process has loaded. The count takes a
 * snapshot, which info reads and whose strings live until the next count. Any thread, at any time, also before hal_init
 * or after it failed. NOT_FOUND: not an index below the count. */
HAL_API hal_status_t hal_variable_count(uint32_t *count);
HAL_API hal_status_t hal_variable_info(uint32_t index, hal_variable_info_t *info);

/* What a code of a layer below means. Strings are never NULL and live as long as the process. */
typedef struct hal_native_error_t {
  uint32_t struct_size;
  hal_status_t status; /* HAL_ERR_*: what a call of libhal that met this code answers */
  const char *domain;  /* whose code it is: "acl", "sim", "errno", "hal" */
  const char *cause;   /* what it means, and what it usually was */
  const char *hint;    /* the next step */
} hal_native_error_t;

/* Explains a code such as hal_last_error gives: native_code, with native_domain as domain; NULL or "" = whichever
 * domain of the backend knows the code. Domains "errno" and "hal" (hal_status_t) are libhal's own, for any backend;
 * backend NULL = these alone. Opens nothing. NOT_FOUND: a code that is not known there; UNSUPPORTED: this backend
 * explains none. */
HAL_API hal_status_t hal_backend_explain_native(hal_backend_t backend, const char *domain, int64_t code,
                                                hal_native_error_t *error);

/* The same, asked of a file of the last hal_candidate_scan: loads it, but does not probe it, so that it works on a
 * machine without device or driver. Code of the plugin runs here. NOT_FOUND also: not an index of that scan;
 * UNAVAILABLE or INCOMPATIBLE: the file cannot be used, with the reason of hal_candidate_info; BUSY as
 * hal_candidate_probe. */
HAL_API hal_status_t hal_candidate_explain_native(uint32_t index, const char *domain, int64_t code,
                                                  hal_native_error_t *error);

typedef uint32_t hal_finding_verdict_t;
#define HAL_FINDING_INFO 0u    /* worth knowing */
#define HAL_FINDING_OK 1u      /* as the backend needs it */
#define HAL_FINDING_WARNING 2u /* works, but not well or not for everything */
#define HAL_FINDING_PROBLEM 3u /* keeps the backend from working */

/* One fact about the machine, as a backend sees it. Strings are never NULL and die when the callback returns. */
typedef struct hal_finding_t {
  uint32_t struct_size;
  hal_finding_verdict_t verdict;
  const char *section; /* "device nodes" */
  const char *name;    /* "/dev/davinci0" */
  const char *value;   /* "mode 0660, root:HwHiAiUser: no access for this user" */
  const char *hint;    /* the next step; "" = none is needed */
} hal_finding_t;

/* Receives one finding, on the thread that asked. Throws nothing, and calls no diagnosis. hal_shutdown is BUSY here. */
typedef void (*hal_finding_fn)(void *user, const hal_finding_t *finding);

/* Has a file of the last hal_candidate_scan look at the machine, and hands each finding to fn(user, …) in the order
 * found, those of a section together. Opens no device and needs none; loads the plugin, which may load the vendor's
 * library. Code of the plugin runs here, as with hal_candidate_probe, and may be slow. What was found before a failure
 * was handed over. UNSUPPORTED: this backend has no diagnosis; else as hal_candidate_explain_native. */
HAL_API hal_status_t hal_candidate_diagnose(uint32_t index, hal_finding_fn fn, void *user);

/* ==== Devices ======================================================================================================
 */

#define HAL_DEVICE_DEFAULT UINT32_MAX /* the ordinal of HAL_BACKEND or of the selecting spec, else 0 */

/* Number of devices of the backend, in *count. Ordinals run from 0 and are stable for the process. */
HAL_API hal_status_t hal_device_count(hal_backend_t backend, uint32_t *count);

/* Opens a device. (backend, ordinal) is one device per process: opening an open one gives the same handle, counted.
 * Other host processes get a device of their own from a simulator. Each open is paired with one hal_device_close.
 * NOT_FOUND unknown ordinal; UNAVAILABLE it is there but cannot be opened now. */
HAL_API hal_status_t hal_device_open(hal_backend_t backend, uint32_t ordinal, hal_device_t *device);

/* Gives back one open. The last one closes the device; BUSY, with nothing changed, while memory, streams or executables
 * of it live. Closing a lost device works. */
HAL_API hal_status_t hal_device_close(hal_device_t device);

typedef struct hal_device_info_t {
  uint32_t struct_size;
  uint32_t ordinal;
  const char *backend;
  const char *name;              /* for people: "Ascend910B1 simulator" */
  const char *soc;               /* "Ascend910B1" */
  const char *arch;              /* "a2a3" */
  const char *executable_format; /* what hal_executable_load_* takes: "elf-host-so" on simulators */
  const char *native_api;        /* what it is driven through: "acl 9.1.0 from /…/libascendcl.so"; "" = nothing, or a
                                    plugin that does not say */
} hal_device_info_t;

/* Fills *info; its strings live until the device closes. */
HAL_API hal_status_t hal_device_info(hal_device_t device, hal_device_info_t *info);

typedef uint32_t hal_property_t;
#define HAL_PROPERTY_AIC_CORES 1u
#define HAL_PROPERTY_AIV_CORES 2u
#define HAL_PROPERTY_AICPU_CORES 3u
#define HAL_PROPERTY_MEMORY_TOTAL_BYTES 10u
#define HAL_PROPERTY_MEMORY_FREE_BYTES 11u
#define HAL_PROPERTY_MAPPED_TOTAL_BYTES 12u /* room for HOST_MAPPED and HOST_IMPORTED */
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

/* One property, in *value. UNSUPPORTED: this device does not know it. */
HAL_API hal_status_t hal_device_query(hal_device_t device, hal_property_t property, uint64_t *value);

/* Puts the device back to its first state: memory, streams and executables of it are gone and their handles stale;
 * registered host memory is the caller's plain memory again. The device handle, its open count and the device's own
 * stream stay; tickets of that stream that were not done are CANCELLED (after more than 64 such resets, also those that
 * were done between the oldest). BUSY, with nothing changed, while another
 * thread is inside a call on one of its objects; FAILED_PRECONDITION, with nothing changed, where others than libhal
 * use the device in this process, so that a reset would take it from them. If the device cannot be brought back its
 * objects are gone all the same, and it is lost. */
HAL_API hal_status_t hal_device_reset(hal_device_t device);

/* Waits until everything submitted to every stream of the device is done, at most timeout_ns. TIMEOUT; or the failure
 * of the first failed ticket. */
HAL_API hal_status_t hal_device_wait(hal_device_t device, uint64_t timeout_ns);

/* Looks for writes outside of device memory's allocations: before or behind one, or into one that has been freed.
 * HAL_OK: none was found. KERNEL_FAULT: some were; the message names the first allocation that was damaged, by tag,
 * address, size and the call that made it, and how many more there are; fault_addr is the first byte that changed
 * there. Each is told once; the device goes on working. Finds everything that was written by work that is done: wait
 * first. What runs meanwhile is not disturbed, and its writes may be found now or later. Works on a lost device.
 * UNSUPPORTED: this backend does not check, or was told not to (HAL_SIM_SANITIZE=0). */
HAL_API hal_status_t hal_device_check(hal_device_t device);

/* ==== Memory =======================================================================================================
 */

typedef uint32_t hal_mem_kind_t;
#define HAL_MEM_UNKNOWN 0u       /* in an answer: the address is not libhal's */
#define HAL_MEM_DEVICE 1u        /* the device's own memory */
#define HAL_MEM_HOST_PINNED 2u   /* host memory for fast copies; no device address */
#define HAL_MEM_HOST_MAPPED 3u   /* host memory that kernels read and write in place: shared memory */
#define HAL_MEM_HOST_IMPORTED 4u /* the same, over memory that the caller owns: hal_mem_register */
#define HAL_MEM_DEVICE_MAPPED 5u /* device memory that the host sees too (a2a3) */

typedef uint32_t hal_mem_flags_t;
#define HAL_MEM_COHERENT (1u << 0) /* in an answer: hal_mem_sync is never needed */

typedef struct hal_mem_desc_t {
  uint32_t struct_size;
  hal_mem_kind_t kind;
  uint64_t size_bytes;
  uint64_t alignment_bytes;     /* power of two; 0 = the backend's own */
  hal_engine_mask_t must_reach; /* refuse unless all of these can use the memory */
  void *host_ptr;               /* hal_mem_register only: start of the caller's range */
  const char *tag;              /* for reports; copied, at most 63 bytes; NULL = none */
  hal_mem_flags_t flags;        /* 0 in this draft */
  uint32_t reserved0;
} hal_mem_desc_t;

typedef struct hal_mem_caps_t {
  uint32_t struct_size;
  hal_status_t verdict;            /* what alloc or register of this descriptor would answer */
  hal_engine_mask_t can_reach;     /* never too much */
  hal_engine_mask_t reach_unknown; /* the backend cannot tell */
  uint64_t alignment_bytes;
  uint64_t granularity_bytes;
  uint64_t max_bytes;
  hal_mem_flags_t flags;
  uint32_t reserved0;
} hal_mem_caps_t;

typedef struct hal_mem_info_t {
  uint32_t struct_size;
  hal_mem_kind_t kind; /* HAL_MEM_UNKNOWN and zeros: not libhal's */
  hal_mem_t mem;
  void *host_ptr;                /* NULL: the host may not touch it */
  hal_device_addr_t device_addr; /* 0: no engine may touch it */
  uint64_t size_bytes;
  uint64_t offset_bytes; /* of the address asked for, in its allocation */
  hal_engine_mask_t can_reach;
  hal_engine_mask_t reach_unknown;
  hal_mem_flags_t flags;
  uint32_t reserved0;
} hal_mem_info_t;

/* Says in *caps whether desc could be allocated (or registered, for HOST_IMPORTED) and who would reach it;
 * desc->host_ptr may be NULL. Allocates nothing. A "no" is caps->verdict, not this call's status. */
HAL_API hal_status_t hal_mem_query(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps);

/* Allocates memory of any kind but HOST_IMPORTED; freed by hal_mem_free. HOST_MAPPED memory reads as zero; DEVICE and
 * DEVICE_MAPPED memory is not initialised. INVALID_ARGUMENT size 0 or bad alignment; OUT_OF_MEMORY; UNSUPPORTED kind or
 * must_reach.
 */
HAL_API hal_status_t hal_mem_alloc(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem);

/* Frees what hal_mem_alloc gave. BUSY while a submitted launch or copy holds it. KERNEL_FAULT: a kernel has written
 * before or behind it (as hal_device_check tells); it is freed all the same, and the device is not lost. */
HAL_API hal_status_t hal_mem_free(hal_mem_t mem);

/* Maps desc->host_ptr … + size_bytes, memory that the caller owns, for the device in place (kind HOST_IMPORTED). Start
 * and size are multiples of max(4096, page size), and the range is private anonymous read-write memory. The caller
 * keeps owning it, neither frees nor forks while it is registered, and does not write to it from other threads during
 * this call and during hal_mem_unregister (such writes may be lost; reads are fine). Costs a copy of the range.
 * INVALID_ARGUMENT unaligned, null, or memory of another sort, which the message names; ALREADY_EXISTS overlap. */
HAL_API hal_status_t hal_mem_register(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem);

/* Undoes hal_mem_register; the bytes stay. BUSY as hal_mem_free. FAILED_PRECONDITION if the caller has unmapped the
 * range meanwhile: the registration is dropped all the same, and whatever is mapped there now is left alone. */
HAL_API hal_status_t hal_mem_unregister(hal_mem_t mem);

HAL_API hal_status_t hal_mem_info(hal_mem_t mem, hal_mem_info_t *info);

/* Whose address is this? Interior addresses are found too. An unknown one is an answer (kind HAL_MEM_UNKNOWN), not an
 * error. */
HAL_API hal_status_t hal_mem_lookup_host(hal_device_t device, const void *host_ptr, hal_mem_info_t *info);
HAL_API hal_status_t hal_mem_lookup_device(hal_device_t device, hal_device_addr_t addr, hal_mem_info_t *info);

typedef uint32_t hal_sync_t;
#define HAL_SYNC_TO_DEVICE 1u   /* publish host writes to running kernels */
#define HAL_SYNC_FROM_DEVICE 2u /* see what running kernels have written */

/* Makes writes to mapped memory visible while a launch runs. Not needed around launches: a submit publishes all earlier
 * host writes, and a completion that a wait or query has seen publishes all kernel writes. A no-op where the memory is
 * COHERENT. UNSUPPORTED for memory that is not mapped. */
HAL_API hal_status_t hal_mem_sync(hal_mem_t mem, uint64_t offset_bytes, uint64_t size_bytes, hal_sync_t direction);

/* ==== Streams and tickets ==========================================================================================
 */

/* A stream runs what is submitted to it in order. Each submit gives a ticket; tickets of a stream increase. Where a
 * stream is an argument of a submit, NULL is the device's own stream. A ticket that failed keeps its failure: every
 * wait for it returns it again; tickets behind it are CANCELLED or DEVICE_LOST. */

/* The device's own stream as a handle, for waits and queries. It lives as long as the device and is never destroyed. */
HAL_API hal_status_t hal_device_stream(hal_device_t device, hal_stream_t *stream);

/* A new stream; flags 0. Destroyed by hal_stream_destroy. */
HAL_API hal_status_t hal_stream_create(hal_device_t device, uint32_t flags, hal_stream_t *stream);

/* BUSY while work of it is not done. */
HAL_API hal_status_t hal_stream_destroy(hal_stream_t stream);

/* Waits until ticket is done, at most timeout_ns (HAL_TIMEOUT_POLL, HAL_TIMEOUT_FOREVER). The ticket's own failure, or
 * TIMEOUT; INVALID_ARGUMENT for a ticket that was never given. Several threads may wait at once. */
HAL_API hal_status_t hal_stream_wait(hal_stream_t stream, uint64_t ticket, uint64_t timeout_ns);

/* The newest ticket up to which all work is done well, in *completed. Returns the failure of the stream's first failed
 * ticket once there is one (*completed is filled then too). Never blocks. */
HAL_API hal_status_t hal_stream_query(hal_stream_t stream, uint64_t *completed);

/* ==== Copies and fills =============================================================================================
 */

/* All three queue a copy of size_bytes and give its ticket (NULL: not wanted). Host memory must live and, as a source,
 * stay unchanged until that ticket is done. Mapped host memory is refused (INVALID_ARGUMENT): the host already has a
 * pointer to it. OUT_OF_RANGE: offset + size beyond the allocation. size_bytes 0 is INVALID_ARGUMENT. */
HAL_API hal_status_t hal_copy_to_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, const void *src,
                                        uint64_t size_bytes, uint64_t *ticket);
HAL_API hal_status_t hal_copy_from_device(hal_stream_t stream, void *dst, hal_mem_t src, uint64_t src_offset_bytes,
                                          uint64_t size_bytes, uint64_t *ticket);
HAL_API hal_status_t hal_copy_on_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, hal_mem_t src,
                                        uint64_t src_offset_bytes, uint64_t size_bytes, uint64_t *ticket);

/* Queues setting size_bytes bytes to value. Errors as for copies. */
HAL_API hal_status_t hal_fill(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, uint64_t size_bytes,
                              uint8_t value, uint64_t *ticket);

/* ==== Executables and kernels ======================================================================================
 */

/* Loads a kernel object for this device, by content: loading changed content from the same path gives the new code. The
 * file or the bytes are not needed after the call. INVALID_ARGUMENT: not an object for this backend, and why;
 * NOT_FOUND: no such file. Unloading is BUSY while a launch of one of its kernels is not done; kernel handles die with
 * it. */
HAL_API hal_status_t hal_executable_load_file(hal_device_t device, const char *path, hal_executable_t *executable);
HAL_API hal_status_t hal_executable_load_data(hal_device_t device, const void *data, uint64_t size_bytes,
                                              hal_executable_t *executable);
HAL_API hal_status_t hal_executable_unload(hal_executable_t executable);

/* The kernel of that name; NULL = "kernel_entry". The handle dies with the executable; finding it again gives the same
 * one. NOT_FOUND: no such kernel in the object. */
HAL_API hal_status_t hal_executable_find(hal_executable_t executable, const char *name, hal_kernel_t *kernel);

typedef uint32_t hal_convention_t;
#define HAL_CONVENTION_DEFAULT 0u          /* what the object says, else ARGS_ARRAY */
#define HAL_CONVENTION_ARGS_ARRAY 1u       /* entry(int64_t args[50]); a tensor's word is its data's address */
#define HAL_CONVENTION_ARGS_DESCRIPTORS 2u /* the same; a tensor's word is the address of its 128-byte descriptor */
#define HAL_CONVENTION_C 3u                /* entry(word, word, …): the words as C parameters */

typedef uint32_t hal_kernel_flags_t;
/* The object uses the chip's tile library, compiled for a simulator. */
#define HAL_KERNEL_USES_TILE_LIBRARY 1u
/* And it has that library's bounds checks of local memory: it was compiled without NDEBUG. */
#define HAL_KERNEL_CHECKS_BOUNDS 2u

typedef struct hal_kernel_info_t {
  uint32_t struct_size;
  hal_convention_t convention; /* HAL_CONVENTION_DEFAULT: the object does not say */
  hal_engine_mask_t engine;    /* 0: the object does not say */
  const char *name;            /* lives until the executable is unloaded */
  hal_executable_t executable;
  hal_kernel_flags_t flags; /* HAL_KERNEL_*; 0 from backends that do not look */
  uint32_t reserved0;
} hal_kernel_info_t;

HAL_API hal_status_t hal_kernel_info(hal_kernel_t kernel, hal_kernel_info_t *info);

/* ==== Launch =======================================================================================================
 */

#define HAL_ARG_SCALAR 1u /* dtype, u.bits: zero-extended; a float32 as its bit pattern */
#define HAL_ARG_MEM 2u    /* mem, offset_bytes, u.mem.size_bytes (0 = to the end), access */
#define HAL_ARG_TENSOR \
  3u                    /* mem, offset_bytes, dtype, rank, u.tensor, access; its size is what shape and strides span */
#define HAL_ARG_ADDR 4u /* u.bits: a raw device address; nobody checks lifetime or bounds */

#define HAL_ACCESS_READ 1u
#define HAL_ACCESS_WRITE 2u

/* One kernel argument, 64 bytes. Words that a type does not use are zero. ARGS_ARRAY and ARGS_DESCRIPTORS take at most
 * 32 MEM, TENSOR and ADDR arguments, before at most 16 SCALARs; C takes at most 48 in any order. */
typedef struct hal_arg_t {
  uint8_t type;
  uint8_t access;
  hal_dtype_t dtype;
  uint8_t rank; /* TENSOR: 1 … 5 */
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

typedef struct hal_launch_desc_t {
  uint32_t struct_size;
  uint32_t flags; /* 0 in this draft */
  hal_kernel_t kernel;
  hal_stream_t stream; /* NULL = the own stream of the kernel's device */
  uint32_t block_count;
  hal_convention_t convention;
  hal_engine_mask_t engine; /* one of AIC, AIV, AICPU; 0 = what the object says, else AIV */
  uint64_t timeout_ns;      /* the launch may run that long; 0 = the device's own limit, HAL_TIMEOUT_FOREVER = none */
  const char *tag;          /* for reports; copied, at most 31 bytes; NULL = none */
  const hal_arg_t *args;    /* copied */
  uint32_t arg_count;
  uint32_t reserved0;
} hal_launch_desc_t;

/* Queues one launch and gives its ticket (NULL: not wanted). Memory named by MEM and TENSOR arguments is held until the
 * ticket is done. Allocates nothing. INVALID_ARGUMENT block count 0 or beyond MAX_BLOCKS, argument of the wrong form;
 * OUT_OF_RANGE an argument beyond its allocation; UNSUPPORTED an argument that the engine cannot reach, or a convention
 * or engine that this backend does not run. */
HAL_API hal_status_t hal_kernel_launch(const hal_launch_desc_t *desc, uint64_t *ticket);

#ifdef __cplusplus
}
#endif
#endif /* HAL_HAL_H_ */
