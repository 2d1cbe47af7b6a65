/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plugin author implements: one exported function, hal_plugin_entry_v1, that fills in a table of operations.
 * docs/plugin-author.md walks through it; the numbered policies (P1 …) are in docs/policies.md.
 *
 * The core checks arguments before it calls: handles, ranges, overlap, reach, lifetimes. An operation receives the
 * plugin's own object pointers, resolved addresses, and sizes that fit. On failure it calls host->set_error and returns
 * a HAL_ERR_* with nothing left behind (P8). No exception leaves it (P5; hal_plugin.hpp does that). Any host thread may
 * call, several at once (P9). The core holds no lock while it calls.
 *
 * Operations that a backend does not have stay NULL; the core answers UNSUPPORTED for them.
 */
#ifndef HAL_HAL_PLUGIN_H_
#define HAL_HAL_PLUGIN_H_

#include "hal/hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ==== Services of the core =========================================================================================
 */

/* What a plugin knows for certain of a kernel that failed. */
typedef struct hal_kernel_fault_v1_t {
  uint32_t struct_size;
  hal_fault_flags_t fault_flags; /* which of block and fault_addr are known, and how the kernel touched memory */
  const char *kernel;            /* its name, as launched; NULL or "" = not known */
  uint64_t fault_addr;
  uint32_t block;
  uint32_t reserved0;
} hal_kernel_fault_v1_t;

/* Where in the application a public call came from; what the words mean is the core's business. */
typedef struct hal_call_site_v1_t {
  uint32_t struct_size; /* set by whoever has it filled */
  uint32_t reserved0;
  uint64_t words[8];
} hal_call_site_v1_t;

typedef struct hal_host_v1_t {
  uint32_t struct_size;
  uint32_t abi_min; /* drafts that this core speaks */
  uint32_t abi_max;
  uint32_t reserved0;
  void *ctx;               /* first argument of every service */
  const char *plugin_path; /* the real path of the plugin's own file; lives as long as the plugin */

  /* Non-zero if a message of this level would be shown: ask before formatting a costly one. */
  int32_t (*log_enabled)(void *ctx, hal_log_level_t level);
  /* Logs one message of size_bytes bytes. */
  void (*log)(void *ctx, hal_log_level_t level, const char *message, uint64_t size_bytes);
  /* Tells why the operation under way on this thread fails. Domain, message and hint are copied; hint may be NULL. */
  void (*set_error)(void *ctx, hal_status_t status, int64_t native_code, const char *native_domain, const char *message,
                    const char *hint);
  /* The value of one of the plugin's declared options: the environment's, checked against its type, else the default.
   * NOT_FOUND for an undeclared name. Text lives as long as the process. */
  hal_status_t (*get_text)(void *ctx, const char *name, const char **value);
  hal_status_t (*get_number)(void *ctx, const char *name, uint64_t *value); /* NUMBER, BYTES; SWITCH as 0 or 1 */
  /* Called before a resource is taken, with "<family>.<point>" ("sim.window_alloc"; a-z, 0-9, _): HAL_OK = go on. Any
   * other status is a failure that the user has ordered with HAL_FAULTS: the operation rolls back as if the resource
   * could not be had, and returns it (P8). What set_error would tell is told already. Cheap, but not for launches. */
  hal_status_t (*fault_point)(void *ctx, const char *site);
  /* The value of a variable that belongs to somebody else, such as the vendor's runtime; plugins read the environment
   * no other way (P11). NOT_FOUND: not set, or the process has elevated privileges. INVALID_ARGUMENT: no name, or
   * HAL_*, which are options. The text is as it was when asked and lives as long as the process. */
  hal_status_t (*get_environment)(void *ctx, const char *name, const char **value);
  /* Adds the facts of a kernel that failed to what set_error has just told, where the operation returns KERNEL_FAULT or
   * KERNEL_TIMEOUT; copied. They belong to that story: without one they are dropped, the next set_error forgets them,
   * and with any other status nobody sees them. */
  void (*set_kernel_fault)(void *ctx, const hal_kernel_fault_v1_t *fault);
  /* For points inside another process of the plugin's, which cannot ask fault_point: which pass of site, counted from
   * 1, the user has told to be the last (HAL_FAULTS, "=KILL"); that process then sends itself SIGKILL. 0 = none,
   * UINT64_MAX = each. Counts go on over all such processes of a host process, one after the other. */
  uint64_t (*kill_order)(void *ctx, const char *site);
  /* Fills *site with where the public call under way on this thread was made, for reports that come later. Cheap,
   * unless HAL_DEBUG=1 has whole call stacks kept. */
  void (*call_site)(void *ctx, hal_call_site_v1_t *site);
  /* Writes such a site as text into size_bytes bytes, ending in NUL, cut at a character: "fill_cache+0x2f
   * (/opt/app/runtime.so+0x1c52f)". Costly. */
  void (*describe_call_site)(void *ctx, const hal_call_site_v1_t *site, char *text, uint64_t size_bytes);
} hal_host_v1_t;

/* ==== Declarations of the plugin ===================================================================================
 */

#define HAL_OPTION_TEXT 1u
#define HAL_OPTION_NUMBER 2u /* decimal */
#define HAL_OPTION_BYTES 3u  /* decimal with K, M, G, T (powers of 1024) */
#define HAL_OPTION_SWITCH 4u /* 0 or 1 */

/* The environment variable is HAL_<FAMILY>_<NAME>. The plugins of a family declare the same ones: a value is good for
 * all of them or for none. Fixed size. */
typedef struct hal_option_v1_t {
  const char *family; /* "SIM" */
  const char *name;   /* "DEVICES" */
  const char *default_value;
  const char *help; /* one sentence */
  uint32_t type;
  uint32_t reserved0;
  uint64_t min; /* NUMBER, BYTES */
  uint64_t max;
} hal_option_v1_t;

typedef struct hal_pdev_s *hal_pdev_t; /* the plugin's own objects */
typedef struct hal_pmem_s *hal_pmem_t;
typedef struct hal_pstream_s *hal_pstream_t;
typedef struct hal_pexec_s *hal_pexec_t;
typedef struct hal_pkernel_s *hal_pkernel_t;

/* Why a backend is not usable here; filled by probe. The strings live as long as the plugin or until its next probe. */
typedef struct hal_probe_v1_t {
  uint32_t struct_size;
  uint32_t reserved0;
  const char *reason; /* of the closed set: "no_device", "driver_missing", "helper_missing", … (docs/operator.md) */
  const char *detail; /* with the values */
  const char *hint;   /* the next step */
} hal_probe_v1_t;

/* What a code of the layer below means; filled by explain_native. The strings live as long as the process. */
typedef struct hal_native_error_v1_t {
  uint32_t struct_size;
  hal_status_t status; /* HAL_ERR_* */
  const char *domain;  /* of the code that was meant: "acl" */
  const char *cause;   /* what it means, and what it usually was */
  const char *hint;    /* the next step */
} hal_native_error_v1_t;

/* What an allocation or a registration gave. */
typedef struct hal_pmem_info_v1_t {
  uint32_t struct_size;
  hal_mem_flags_t flags;
  void *host_ptr;
  hal_device_addr_t device_addr;
  hal_engine_mask_t can_reach;
  hal_engine_mask_t reach_unknown;
} hal_pmem_info_v1_t;

#define HAL_COPY_TO_DEVICE 1u
#define HAL_COPY_FROM_DEVICE 2u
#define HAL_COPY_ON_DEVICE 3u

typedef struct hal_copy_v1_t {
  uint32_t struct_size;
  uint32_t direction; /* HAL_COPY_* */
  uint64_t size_bytes;
  hal_pmem_t dst; /* NULL where dst_host is used */
  uint64_t dst_offset_bytes;
  void *dst_host;
  hal_pmem_t src; /* NULL where src_host is used */
  uint64_t src_offset_bytes;
  const void *src_host;
} hal_copy_v1_t;

/* A launch with everything looked up. words[i] is the value of args[i]: the scalar's bits, or the device address. */
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
  const uint64_t *sizes_bytes; /* of MEM and TENSOR arguments */
} hal_launch_v1_t;

/* Outputs come last and are written on success only. */
typedef struct hal_plugin_ops_v1_t {
  uint32_t struct_size;
  uint32_t reserved0;

  /* Cheap: opens no device. HAL_OK; UNAVAILABLE with *out filled = a healthy plugin, nothing for it here ("absent").
   * Any other status, or an exception, makes the plugin "broken". */
  hal_status_t (*probe)(void *self, hal_probe_v1_t *out);
  hal_status_t (*device_count)(void *self, uint32_t *count);
  /* Called once per ordinal until device_close; the core counts opens. */
  hal_status_t (*device_open)(void *self, uint32_t ordinal, hal_pdev_t *device);
  /* Streams, memory and executables of it are gone already. Never fails: releases everything. */
  void (*device_close)(hal_pdev_t device);
  /* Fills soc, name, arch, executable_format, and native_api where HAL_HAS_FIELD (a core of an older build ends before
   * it): family, version and file of the vendor library in use; simulators leave it. Strings live until device_close.
   */
  hal_status_t (*device_info)(hal_pdev_t device, hal_device_info_t *info);
  hal_status_t (*device_query)(hal_pdev_t device, hal_property_t property, uint64_t *value);
  /* Back to the first state. Every object of the device is released by this call, also when it fails: the core forgets
   * their handles. After a failure the device is lost. FAILED_PRECONDITION alone says that nothing has been touched:
   * others than libhal use the device in this process. */
  hal_status_t (*device_reset)(hal_pdev_t device);

  /* desc->alignment_bytes is 0 or a power of two; size and range are the core's business only where no backend is
   * needed. */
  hal_status_t (*mem_query)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps);
  hal_status_t (*mem_alloc)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info);
  /* Of a plugin with device_check: KERNEL_FAULT says that it is freed, and was found damaged. Any other failure but
   * DEVICE_LOST: it is still there. */
  hal_status_t (*mem_free)(hal_pdev_t device, hal_pmem_t mem);
  /* The range is aligned, whole pages, and overlaps nothing that is registered. */
  hal_status_t (*mem_register)(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem,
                               hal_pmem_info_v1_t *info);
  hal_status_t (*mem_unregister)(hal_pdev_t device, hal_pmem_t mem);
  /* NULL where all mapped memory is COHERENT. */
  hal_status_t (*mem_sync)(hal_pdev_t device, hal_pmem_t mem, uint64_t offset_bytes, uint64_t size_bytes,
                           hal_sync_t direction);

  hal_status_t (*stream_create)(hal_pdev_t device, uint32_t flags, hal_pstream_t *stream);
  /* Its work is done, or the device is lost. */
  hal_status_t (*stream_destroy)(hal_pdev_t device, hal_pstream_t stream);
  hal_status_t (*stream_wait)(hal_pdev_t device, hal_pstream_t stream, uint64_t ticket, uint64_t timeout_ns);
  /* As hal_stream_query; *completed is written on failure too. */
  hal_status_t (*stream_query)(hal_pdev_t device, hal_pstream_t stream, uint64_t *completed);

  /* Tickets of a stream start at 1 and rise by 1 with each successful submit: copy, fill, launch. */
  hal_status_t (*copy)(hal_pdev_t device, hal_pstream_t stream, const hal_copy_v1_t *copy, uint64_t *ticket);
  hal_status_t (*fill)(hal_pdev_t device, hal_pstream_t stream, hal_pmem_t dst, uint64_t offset_bytes,
                       uint64_t size_bytes, uint8_t value, uint64_t *ticket);

  /* label is for messages: the file's path, or "bytes". data may be freed after the call. */
  hal_status_t (*executable_load)(hal_pdev_t device, const void *data, uint64_t size_bytes, const char *label,
                                  hal_pexec_t *executable);
  hal_status_t (*executable_unload)(hal_pdev_t device, hal_pexec_t executable);
  /* Fills convention, engine and name of info, and flags where HAL_HAS_FIELD (a core of an older build ends before it);
   * the kernel lives until the executable is unloaded. */
  hal_status_t (*kernel_find)(hal_pdev_t device, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel,
                              hal_kernel_info_t *info);
  hal_status_t (*launch)(hal_pdev_t device, hal_pstream_t stream, const hal_launch_v1_t *launch, uint64_t *ticket);

  /* What a code means that this plugin gives to set_error. domain "" = any of its own. NOT_FOUND: not known. Called
   * without a probe and on any machine: needs neither device nor driver. */
  hal_status_t (*explain_native)(void *self, const char *domain, int64_t code, hal_native_error_v1_t *out);
  /* Looks at what the backend needs of the machine and reports each fact, section by section, as soon as it is found:
   * device nodes, libraries, versions, limits. Called without a probe and also where probe fails, of which it tells
   * more; opens no device. What is missing is a finding with a hint, not a failure. */
  hal_status_t (*diagnose)(void *self, hal_finding_fn report, void *user);
  /* As hal_device_check. NULL where nothing can be checked. */
  hal_status_t (*device_check)(hal_pdev_t device);
} hal_plugin_ops_v1_t;

/* Whether a table, of whatever size its author knew, has an operation. */
#define HAL_HAS_OP(ops, op) \
  ((ops)->struct_size >= offsetof(hal_plugin_ops_v1_t, op) + sizeof((ops)->op) && (ops)->op != NULL)

/* Whether a struct, of whatever size its owner knew, has a field. */
#define HAL_HAS_FIELD(type, given, field) \
  ((given)->struct_size >= offsetof(type, field) + sizeof(((const type *)(given))->field))

typedef struct hal_plugin_v1_t {
  uint32_t struct_size; /* set by the core */
  uint32_t abi_min;     /* drafts that the plugin speaks: written always, also on refusal (P3) */
  uint32_t abi_max;
  uint32_t option_count;
  const char *name;    /* "a2a3-sim" */
  const char *version; /* package version */
  const char *build;   /* compiler, sanitizer */
  void *self;          /* first argument of probe, device_count, device_open */
  const hal_plugin_ops_v1_t *ops;
  const hal_option_v1_t *options;
  /* Where HAL_HAS_FIELD: NULL, or option_count texts. A TEXT option whose text is "a|b|c" takes these values alone;
   * NULL or "" = any. The core refuses others as it refuses bad numbers; an older core leaves it to the plugin. */
  const char *const *option_choices;
} hal_plugin_v1_t;

/* The one exported symbol (P1). Pure: touches no device, file, thread or environment; may be called many times (P4).
 * host lives for ever. INCOMPATIBLE if the drafts do not meet. */
hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host, hal_plugin_v1_t *inout);
#define HAL_PLUGIN_ENTRY_NAME "hal_plugin_entry_v1"
typedef hal_status_t (*hal_plugin_entry_v1_fn)(const hal_host_v1_t *host, hal_plugin_v1_t *inout);

/* ==== The ELF note =================================================================================================
 */

/* Read by the core before it loads the file: owner "libhal", type 1, payload "key=value" separated by NULs, at most
 * 4 KiB (P2). Keys: backend, abi_min, abi_max, arch, chips (optional: other names of its chips, separated by commas),
 * kind, version, compiler, sanitizer. Once per plugin, for example
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
