/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin author implements: one exported function, hal_plugin_entry_v1, which fills in a table of operations.
 * C11 and C++17. docs/plugin-author.md is the guide; docs/policies.md has the numbered policies (P1 …).
 *
 * Rules for all operations:
 *   Arguments: the core checks handles, ranges, overlap, engines and lifetimes before it calls. An operation gets the
 *     plugin's own object pointers, resolved addresses, and sizes that fit.
 *   Outputs: the last parameters. An operation writes them only if it succeeds.
 *   Ownership: an operation that fails leaves nothing behind (P8).
 *   Threads: any host thread may call, several at the same time (P9). The core holds no lock while it calls.
 *   Errors: an operation that fails calls host->set_error and returns a HAL_ERR_*. No exception leaves an operation
 *     (P5); hal_plugin.hpp takes care of that.
 * A backend leaves the operations that it does not have NULL. The core returns HAL_ERR_UNSUPPORTED for them.
 */
#ifndef HAL_HAL_PLUGIN_H_
#define HAL_HAL_PLUGIN_H_

#include "hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Services of the core =========================================================================================
 */

/* What a plugin knows for certain about a kernel that failed. */
typedef struct hal_kernel_fault_v1_t {
  uint32_t struct_size;
  hal_fault_flags_t fault_flags; /* which of block and fault_addr are known, and how the kernel accessed memory */
  const char *kernel;            /* the name in the launch; NULL or "" = not known */
  uint64_t fault_addr;
  uint32_t block;
  uint32_t reserved0;
} hal_kernel_fault_v1_t;

/* The place in the application that made a public call. Only the core knows what the words mean. */
typedef struct hal_call_site_v1_t {
  uint32_t struct_size; /* set by the caller of call_site */
  uint32_t reserved0;
  uint64_t words[8];
} hal_call_site_v1_t;

/* The services of the core.
 *
 * Lifetime: the core never frees this table. Any thread may call the services. */
typedef struct hal_host_v1_t {
  uint32_t struct_size;
  uint32_t abi_min; /* the ABI drafts that this core supports: abi_min to abi_max */
  uint32_t abi_max;
  uint32_t reserved0;
  void *ctx;               /* the first argument of every service */
  const char *plugin_path; /* the real path of the plugin's own file; valid as long as the plugin */

  /* Returns non-zero if a message of this level would be shown. Ask before you format a costly message. */
  int32_t (*log_enabled)(void *ctx, hal_log_level_t level);
  /* Logs one message of size_bytes bytes. It needs no NUL at the end. */
  void (*log)(void *ctx, hal_log_level_t level, const char *message, uint64_t size_bytes);
  /* Records why the operation that runs on this thread fails.
   *
   * native_domain, message, hint  the core copies them; hint may be NULL */
  void (*set_error)(void *ctx, hal_status_t status, int64_t native_code, const char *native_domain, const char *message,
                    const char *hint);
  /* Returns the text of an option that the plugin declares: the value in the environment, which the core has checked
   * against the type, else the default.
   *
   * name   hal_option_v1_t.name
   * Lifetime: the text is valid as long as the process.
   * Errors:
   *   HAL_ERR_NOT_FOUND: the plugin does not declare this option */
  hal_status_t (*get_text)(void *ctx, const char *name, const char **value);
  /* Returns the number of an option of type NUMBER or BYTES; of type SWITCH, 0 or 1. Otherwise as get_text. */
  hal_status_t (*get_number)(void *ctx, const char *name, uint64_t *value);
  /* A fault point: a place where the user can inject a failure with HAL_FAULTS. Call it before you take a resource. It
   * is cheap, but do not use it in launches.
   *
   * site  "<family>.<point>", for example "sim.window_alloc"; a-z, 0-9, _
   * Errors: HAL_OK means continue. Any other status is an injected failure: the operation rolls back, as if it could
   * not get the resource, and returns the status (P8). The core has recorded the error already, so do not call
   * set_error. */
  hal_status_t (*fault_point)(void *ctx, const char *site);
  /* Returns the value of an environment variable that belongs to other software, such as the vendor's runtime. Plugins
   * read the environment in no other way (P11).
   *
   * Lifetime: the text is the value at the time of the call. It is valid as long as the process.
   * Errors:
   *   HAL_ERR_NOT_FOUND: the variable is not set, or the process has elevated privileges
   *   HAL_ERR_INVALID_ARGUMENT: the name is empty, or starts with HAL_; use options for those */
  hal_status_t (*get_environment)(void *ctx, const char *name, const char **value);
  /* Adds data about the kernel that failed to the error of the last set_error on this thread. Call it in an operation
   * that returns KERNEL_FAULT or KERNEL_TIMEOUT; with any other status the data is not reported. The core copies the
   * data. Without a set_error before it, the data is dropped, and the next set_error clears it. */
  void (*set_kernel_fault)(void *ctx, const hal_kernel_fault_v1_t *fault);
  /* For fault points in another process of the plugin, which cannot call fault_point. Returns which pass of the point,
   * counted from 1, the user wants to be the last one (HAL_FAULTS, "=KILL"). At that pass, the process sends SIGKILL to
   * itself. 0 = none, UINT64_MAX = every pass. The count continues over all such processes that one host process starts
   * one after the other. */
  uint64_t (*kill_order)(void *ctx, const char *site);
  /* Fills *site with the place that made the public call which runs on this thread, for a later report. It is cheap,
   * unless HAL_DEBUG=1 makes the core keep whole call stacks. */
  void (*call_site)(void *ctx, hal_call_site_v1_t *site);
  /* Writes a site as text, for example "fill_cache+0x2f (/opt/app/runtime.so+0x1c52f)". It is costly.
   *
   * text, size_bytes  the output and its size in bytes. The text ends with NUL and is never cut inside a character. */
  void (*describe_call_site)(void *ctx, const hal_call_site_v1_t *site, char *text, uint64_t size_bytes);
  /* Judges a file by the rules for plugins (SECURITY.md): the owners and modes of the file and of every directory on
   * the way to it. Call it before you run the file or load it. If others could change a file that is not refused, the
   * core logs one warning, and a probe has it in its detail.
   *
   * path              absolute
   * text, size_bytes  why the file is refused; the output and its size in bytes, as for describe_call_site
   * Errors:
   *   HAL_ERR_NOT_FOUND: there is no such file
   *   HAL_ERR_UNAVAILABLE: do not use the file
   *   HAL_ERR_INVALID_ARGUMENT: the path is not absolute */
  hal_status_t (*check_trust)(void *ctx, const char *path, char *text, uint64_t size_bytes);
} hal_host_v1_t;

/* ==== Declarations of the plugin ===================================================================================
 */

/* Types of options. */
#define HAL_OPTION_TEXT 1u
#define HAL_OPTION_NUMBER 2u /* decimal */
#define HAL_OPTION_BYTES 3u  /* decimal with K, M, G, T (powers of 1024) */
#define HAL_OPTION_SWITCH 4u /* 0 or 1 */
#define HAL_OPTION_PATH 5u   /* absolute path; empty = none */

/* An option. Its environment variable is HAL_<FAMILY>_<NAME>. All plugins of a family declare the same options, so that
 * a value is valid for all of them or for none. The size of this struct is fixed. */
typedef struct hal_option_v1_t {
  const char *family; /* "SIM" */
  const char *name;   /* "DEVICES" */
  const char *default_value;
  const char *help; /* one sentence */
  uint32_t type;
  uint32_t reserved0;
  uint64_t min; /* limits of NUMBER and BYTES */
  uint64_t max;
} hal_option_v1_t;

typedef struct hal_pdev_s *hal_pdev_t; /* objects of the plugin */
typedef struct hal_pmem_s *hal_pmem_t;
typedef struct hal_pstream_s *hal_pstream_t;
typedef struct hal_pexec_s *hal_pexec_t;
typedef struct hal_pkernel_s *hal_pkernel_t;

/* Why a backend is not usable here. The probe operation fills it.
 *
 * Lifetime: the strings are valid as long as the plugin, or until its next probe. */
typedef struct hal_probe_v1_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *reason; /* one of the codes in docs/operator.md: "no_device", "driver_missing", "helper_missing", … */
  const char *detail; /* the reason in words, with the values */
  const char *hint;   /* the next step */
} hal_probe_v1_t;

/* The meaning of a code of the layer below. The explain_native operation fills it.
 *
 * Lifetime: the strings are valid as long as the process. */
typedef struct hal_native_error_v1_t {
  uint32_t struct_size;
  hal_status_t status; /* HAL_ERR_* */
  const char *domain;  /* the domain that has the code: "acl" */
  const char *cause;   /* what it means, and its usual cause */
  const char *hint;    /* the next step */
} hal_native_error_v1_t;

/* The result of an allocation or a registration. */
typedef struct hal_pmem_info_v1_t {
  uint32_t struct_size;
  hal_mem_flags_t flags;
  void *host_ptr;                /* NULL: the host cannot access the memory */
  hal_device_addr_t device_addr; /* 0: no engine can access the memory */
  hal_engine_mask_t can_reach;
  hal_engine_mask_t reach_unknown;
} hal_pmem_info_v1_t;

/* Directions of a copy. */
#define HAL_COPY_TO_DEVICE 1u
#define HAL_COPY_FROM_DEVICE 2u
#define HAL_COPY_ON_DEVICE 3u

/* A copy. */
typedef struct hal_copy_v1_t {
  uint32_t struct_size;
  uint32_t direction; /* HAL_COPY_* */
  uint64_t size_bytes;
  hal_pmem_t dst; /* NULL if the destination is dst_host */
  uint64_t dst_offset_bytes;
  void *dst_host;
  hal_pmem_t src; /* NULL if the source is src_host */
  uint64_t src_offset_bytes;
  const void *src_host;
} hal_copy_v1_t;

/* A launch in which all handles are resolved. words[i] is the value of args[i]: the bits of a scalar, or the device
 * address.
 *
 * Lifetime: valid only during the launch operation. */
typedef struct hal_launch_v1_t {
  uint32_t struct_size;
  uint32_t block_count;
  hal_pkernel_t kernel;
  hal_convention_t convention; /* never DEFAULT */
  uint32_t arg_count;
  hal_engine_mask_t engine; /* exactly one */
  uint64_t timeout_ns;
  const char *tag; /* "" = none */
  const hal_arg_t *args;
  const uint64_t *words;
  const uint64_t *sizes_bytes; /* of MEM and TENSOR arguments; 0 for others */
} hal_launch_v1_t;

/* The operations. */
typedef struct hal_plugin_ops_v1_t {
  uint32_t struct_size;
  uint32_t reserved0;

  /* Finds out whether the backend is usable on this machine. It is cheap and opens no device.
   *
   * Errors:
   *   HAL_ERR_UNAVAILABLE, with *out filled: the plugin works, but this machine has nothing for it ("absent")
   *   any other error, or an exception: the plugin is "broken" */
  hal_status_t (*probe)(void *self, hal_probe_v1_t *out);
  /* Returns the number of devices. */
  hal_status_t (*device_count)(void *self, uint32_t *count);
  /* Opens a device. The core counts opens: it calls this once for an ordinal, and not again before device_close. */
  hal_status_t (*device_open)(void *self, uint32_t ordinal, hal_pdev_t *device);
  /* Closes a device and releases everything. It never fails. The core has ended the device's streams, memory and
   * executables before. */
  void (*device_close)(hal_pdev_t device);
  /* Fills soc, name, arch and executable_format. It fills native_api only if HAL_HAS_FIELD says so, because the struct
   * of an older core ends before it: family, version and file of the vendor library in use. Simulators leave it.
   *
   * Lifetime: the strings are valid until device_close. */
  hal_status_t (*device_info)(hal_pdev_t device, hal_device_info_t *info);
  /* Returns one property. HAL_ERR_UNSUPPORTED: the device does not know it. */
  hal_status_t (*device_query)(hal_pdev_t device, hal_property_t property, uint64_t *value);
  /* Resets a device to the state after opening. This call releases every object of the device, also if it fails: the
   * core forgets their handles. After a failure the device is lost.
   *
   * Errors:
   *   HAL_ERR_FAILED_PRECONDITION: other code than libhal uses the device in this process. Only this error means that
   *     nothing has changed. */
  hal_status_t (*device_reset)(hal_pdev_t device);

  /* Says what the device can do with the memory of a descriptor. The core has checked size and range only as far as
   * that is possible without the backend.
   *
   * desc  desc->alignment_bytes is 0 or a power of two */
  hal_status_t (*mem_query)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps);
  /* Allocates memory. desc as for mem_query. */
  hal_status_t (*mem_alloc)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info);
  /* Frees memory of mem_alloc.
   *
   * Errors:
   *   HAL_ERR_KERNEL_FAULT, only from a plugin with device_check: the memory was damaged; it is freed
   *   HAL_ERR_DEVICE_LOST: the memory is gone with the device
   *   any other error: the memory still exists */
  hal_status_t (*mem_free)(hal_pdev_t device, hal_pmem_t mem);
  /* Maps host memory of the caller. The range is aligned, consists of whole pages, and overlaps no registered range. */
  hal_status_t (*mem_register)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem,
                               hal_pmem_info_v1_t *info);
  /* Ends a registration of mem_register.
   *
   * Errors:
   *   HAL_ERR_FAILED_PRECONDITION: the caller unmapped the range before; the registration has ended
   *   HAL_ERR_KERNEL_FAULT, only from a plugin with device_check: a kernel wrote past the range; the registration has
   *   ended
   *   HAL_ERR_DEVICE_LOST: the registration is gone with the device
   *   any other error: the registration still exists */
  hal_status_t (*mem_unregister)(hal_pdev_t device, hal_pmem_t mem);
  /* Makes writes visible, as hal_mem_sync does. NULL if all mapped memory is COHERENT. */
  hal_status_t (*mem_sync)(hal_pdev_t device, hal_pmem_t mem, uint64_t offset_bytes, uint64_t size_bytes,
                           hal_sync_t direction);

  /* Creates a stream. */
  hal_status_t (*stream_create)(hal_pdev_t device, uint32_t flags, hal_pstream_t *stream);
  /* Destroys a stream. Its work is done, or the device is lost. */
  hal_status_t (*stream_destroy)(hal_pdev_t device, hal_pstream_t stream);
  /* Waits until a ticket is done, as hal_stream_wait does. */
  hal_status_t (*stream_wait)(hal_pdev_t device, hal_pstream_t stream, uint64_t ticket, uint64_t timeout_ns);
  /* Returns the newest completed ticket, as hal_stream_query does. It writes *completed also if it fails. */
  hal_status_t (*stream_query)(hal_pdev_t device, hal_pstream_t stream, uint64_t *completed);

  /* Queues a copy. The tickets of a stream start at 1 and rise by 1 with each successful submit: copy, fill, launch. */
  hal_status_t (*copy)(hal_pdev_t device, hal_pstream_t stream, const hal_copy_v1_t *copy, uint64_t *ticket);
  /* Queues a fill: sets size_bytes bytes to value. */
  hal_status_t (*fill)(hal_pdev_t device, hal_pstream_t stream, hal_pmem_t dst, uint64_t offset_bytes,
                       uint64_t size_bytes, uint8_t value, uint64_t *ticket);

  /* Loads a kernel object.
   *
   * data, size_bytes  the object; the caller may free it after the call
   * label             for messages: the path of the file, or "bytes" */
  hal_status_t (*executable_load)(hal_pdev_t device, const void *data, uint64_t size_bytes, const char *label,
                                  hal_pexec_t *executable);
  /* Unloads a kernel object. None of its launches is running, or the device is lost. */
  hal_status_t (*executable_unload)(hal_pdev_t device, hal_pexec_t executable);
  /* Finds a kernel, and fills convention, engine and name of *info. It fills flags only if HAL_HAS_FIELD says so,
   * because the struct of an older core ends before it.
   *
   * Lifetime: the kernel is valid until the executable is unloaded. */
  hal_status_t (*kernel_find)(hal_pdev_t device, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel,
                              hal_kernel_info_t *info);
  /* Queues a launch. */
  hal_status_t (*launch)(hal_pdev_t device, hal_pstream_t stream, const hal_launch_v1_t *launch, uint64_t *ticket);

  /* Explains a code that this plugin passes to set_error. The core calls it without a probe and on any machine, so it
   * must not need a device or a driver.
   *
   * domain  "" = any domain of the plugin
   * Errors:
   *   HAL_ERR_NOT_FOUND: the code is not known */
  hal_status_t (*explain_native)(void *self, const char *domain, int64_t code, hal_native_error_v1_t *out);
  /* Examines what the backend needs from the machine: device nodes, libraries, versions, limits. It reports each fact
   * as soon as it is found, section by section. A missing part is a finding with a hint, not a failure. The core calls
   * it without a probe, also on machines where the probe fails, and its findings are more detailed. It opens no device.
   *
   * report, user  call report(user, &finding) for each finding, on this thread */
  hal_status_t (*diagnose)(void *self, hal_finding_fn report, void *user);
  /* Checks for writes outside of allocations, as hal_device_check does. NULL if the backend cannot check. */
  hal_status_t (*device_check)(hal_pdev_t device);
} hal_plugin_ops_v1_t;

/* Whether a table of operations has an operation. The table may be shorter than this header's. */
#define HAL_HAS_OP(ops, op) \
  ((ops)->struct_size >= offsetof(hal_plugin_ops_v1_t, op) + sizeof((ops)->op) && (ops)->op != NULL)

/* Whether a struct has a field. The struct may be shorter than this header's. */
#define HAL_HAS_FIELD(type, given, field) \
  ((given)->struct_size >= offsetof(type, field) + sizeof(((const type *)(given))->field))

/* What the entry function fills. */
typedef struct hal_plugin_v1_t {
  uint32_t struct_size; /* set by the core */
  uint32_t abi_min;     /* the ABI drafts that the plugin supports; always written, also on refusal (P3) */
  uint32_t abi_max;
  uint32_t option_count;
  const char *name;    /* "a2a3-sim" */
  const char *version; /* package version */
  const char *build;   /* compiler, sanitizer */
  void *self;          /* the first argument of probe, device_count, device_open, explain_native, diagnose */
  const hal_plugin_ops_v1_t *ops;
  const hal_option_v1_t *options;
  /* Only if HAL_HAS_FIELD says so: NULL, or option_count texts. If the text of a TEXT option is "a|b|c", the option
   * accepts only these values; NULL or "" = any value. The core refuses other values as it refuses invalid numbers. A
   * core without this field leaves the check to the plugin. */
  const char *const *option_choices;
} hal_plugin_v1_t;

/* The only exported symbol of a plugin (P1). Fills *inout. The function is pure: it uses no device, file, thread or
 * environment variable, and the core may call it many times (P4).
 *
 * host   the services of the core
 * inout  the core sets struct_size
 * Lifetime: *host is valid as long as the process. What *inout points to must be valid as long as the plugin.
 * Errors:
 *   HAL_ERR_INCOMPATIBLE: core and plugin have no ABI draft in common */
hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host, hal_plugin_v1_t *inout);
#define HAL_PLUGIN_ENTRY_NAME "hal_plugin_entry_v1"
typedef hal_status_t (*hal_plugin_entry_v1_fn)(const hal_host_v1_t *host, hal_plugin_v1_t *inout);

/* ==== The ELF note =================================================================================================
 */

/* The core reads the note before it loads the file (P2). Its owner is "libhal" and its type is 1. Its payload is at
 * most 4 KiB of "key=value" texts, separated by NUL. Keys: backend, abi_min, abi_max, arch, kind, version, compiler,
 * sanitizer, and chips, which is optional: other names of the backend's chips, separated by commas. The core ignores
 * unknown keys. Use the macro once in a plugin, for example
 *   HAL_PLUGIN_NOTE("backend=null\0abi_min=1\0abi_max=1\0arch=none\0kind=sim"); */
#define HAL_NOTE_OWNER "libhal"
#define HAL_NOTE_TYPE_PLUGIN 1u
#define HAL_NOTE_TYPE_KERNEL 2u
#define HAL_NOTE_MAX_BYTES 4096u
#define HAL_DETAIL_NOTE(symbol, section_name, note_type, text)                   \
  __attribute__((section(section_name), used, aligned(4))) static const struct { \
    uint32_t owner_bytes, payload_bytes, type;                                   \
    char owner[8];                                                               \
    char payload[(sizeof(text) + 3u) & ~(size_t)3u];                             \
  } symbol = {sizeof(HAL_NOTE_OWNER), (uint32_t)((sizeof(text) + 3u) & ~(size_t)3u), note_type, HAL_NOTE_OWNER, text}
#define HAL_PLUGIN_NOTE(text) HAL_DETAIL_NOTE(hal_plugin_note_, ".note.libhal", HAL_NOTE_TYPE_PLUGIN, text)

#ifdef __cplusplus
}
#endif
#endif /* HAL_HAL_PLUGIN_H_ */
