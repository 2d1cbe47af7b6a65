// SPDX-License-Identifier: Apache-2.0
//
// The struct layouts of draft 1. A change here needs a new HAL_ABI_DRAFT.
#include <cstddef>

#include "hal/hal_plugin.h"

#define HAL_AT(type, field, offset) static_assert(offsetof(type, field) == (offset))
#define HAL_SIZE(type, bytes) static_assert(sizeof(type) == (bytes))

static_assert(HAL_ABI_DRAFT == 1u);

HAL_SIZE(hal_error_info_t, 80);
HAL_AT(hal_error_info_t, status, 4);
HAL_AT(hal_error_info_t, native_code, 8);
HAL_AT(hal_error_info_t, native_domain, 16);
HAL_AT(hal_error_info_t, component, 24);
HAL_AT(hal_error_info_t, function, 32);
HAL_AT(hal_error_info_t, message, 40);
HAL_AT(hal_error_info_t, hint, 48);
HAL_AT(hal_error_info_t, kernel, 56);
HAL_AT(hal_error_info_t, fault_addr, 64);
HAL_AT(hal_error_info_t, block, 72);
HAL_AT(hal_error_info_t, fault_flags, 76);

HAL_SIZE(hal_backend_info_t, 56);
HAL_AT(hal_backend_info_t, default_ordinal, 4);
HAL_AT(hal_backend_info_t, name, 8);
HAL_AT(hal_backend_info_t, arch, 16);
HAL_AT(hal_backend_info_t, kind, 24);
HAL_AT(hal_backend_info_t, version, 32);
HAL_AT(hal_backend_info_t, build, 40);
HAL_AT(hal_backend_info_t, path, 48);

HAL_SIZE(hal_candidate_info_t, 88);
HAL_AT(hal_candidate_info_t, status, 4);
HAL_AT(hal_candidate_info_t, name, 8);
HAL_AT(hal_candidate_info_t, arch, 16);
HAL_AT(hal_candidate_info_t, kind, 24);
HAL_AT(hal_candidate_info_t, version, 32);
HAL_AT(hal_candidate_info_t, abi, 40);
HAL_AT(hal_candidate_info_t, path, 48);
HAL_AT(hal_candidate_info_t, origin, 56);
HAL_AT(hal_candidate_info_t, reason, 64);
HAL_AT(hal_candidate_info_t, detail, 72);
HAL_AT(hal_candidate_info_t, hint, 80);

HAL_SIZE(hal_search_path_info_t, 32);
HAL_AT(hal_search_path_info_t, path, 8);
HAL_AT(hal_search_path_info_t, origin, 16);
HAL_AT(hal_search_path_info_t, status, 24);

HAL_SIZE(hal_selection_info_t, 48);
HAL_AT(hal_selection_info_t, status, 4);
HAL_AT(hal_selection_info_t, ordinal, 8);
HAL_AT(hal_selection_info_t, name, 16);
HAL_AT(hal_selection_info_t, why, 24);
HAL_AT(hal_selection_info_t, message, 32);
HAL_AT(hal_selection_info_t, hint, 40);

HAL_SIZE(hal_variable_info_t, 72);
HAL_AT(hal_variable_info_t, name, 8);
HAL_AT(hal_variable_info_t, value, 16);
HAL_AT(hal_variable_info_t, origin, 24);
HAL_AT(hal_variable_info_t, default_value, 32);
HAL_AT(hal_variable_info_t, type, 40);
HAL_AT(hal_variable_info_t, help, 48);
HAL_AT(hal_variable_info_t, owner, 56);
HAL_AT(hal_variable_info_t, problem, 64);

HAL_SIZE(hal_native_error_t, 32);
HAL_AT(hal_native_error_t, status, 4);
HAL_AT(hal_native_error_t, domain, 8);
HAL_AT(hal_native_error_t, cause, 16);
HAL_AT(hal_native_error_t, hint, 24);

HAL_SIZE(hal_finding_t, 40);
HAL_AT(hal_finding_t, verdict, 4);
HAL_AT(hal_finding_t, section, 8);
HAL_AT(hal_finding_t, name, 16);
HAL_AT(hal_finding_t, value, 24);
HAL_AT(hal_finding_t, hint, 32);

HAL_SIZE(hal_device_info_t, 56);
HAL_AT(hal_device_info_t, ordinal, 4);
HAL_AT(hal_device_info_t, backend, 8);
HAL_AT(hal_device_info_t, name, 16);
HAL_AT(hal_device_info_t, soc, 24);
HAL_AT(hal_device_info_t, arch, 32);
HAL_AT(hal_device_info_t, executable_format, 40);
HAL_AT(hal_device_info_t, native_api, 48);

HAL_SIZE(hal_mem_desc_t, 56);
HAL_AT(hal_mem_desc_t, kind, 4);
HAL_AT(hal_mem_desc_t, size_bytes, 8);
HAL_AT(hal_mem_desc_t, alignment_bytes, 16);
HAL_AT(hal_mem_desc_t, must_reach, 24);
HAL_AT(hal_mem_desc_t, host_ptr, 32);
HAL_AT(hal_mem_desc_t, tag, 40);
HAL_AT(hal_mem_desc_t, flags, 48);
HAL_AT(hal_mem_desc_t, reserved0, 52);

HAL_SIZE(hal_mem_caps_t, 56);
HAL_AT(hal_mem_caps_t, verdict, 4);
HAL_AT(hal_mem_caps_t, can_reach, 8);
HAL_AT(hal_mem_caps_t, reach_unknown, 16);
HAL_AT(hal_mem_caps_t, alignment_bytes, 24);
HAL_AT(hal_mem_caps_t, granularity_bytes, 32);
HAL_AT(hal_mem_caps_t, max_bytes, 40);
HAL_AT(hal_mem_caps_t, flags, 48);
HAL_AT(hal_mem_caps_t, reserved0, 52);

HAL_SIZE(hal_mem_info_t, 72);
HAL_AT(hal_mem_info_t, kind, 4);
HAL_AT(hal_mem_info_t, mem, 8);
HAL_AT(hal_mem_info_t, host_ptr, 16);
HAL_AT(hal_mem_info_t, device_addr, 24);
HAL_AT(hal_mem_info_t, size_bytes, 32);
HAL_AT(hal_mem_info_t, offset_bytes, 40);
HAL_AT(hal_mem_info_t, can_reach, 48);
HAL_AT(hal_mem_info_t, reach_unknown, 56);
HAL_AT(hal_mem_info_t, flags, 64);
HAL_AT(hal_mem_info_t, reserved0, 68);

HAL_SIZE(hal_kernel_info_t, 40);
HAL_AT(hal_kernel_info_t, convention, 4);
HAL_AT(hal_kernel_info_t, engine, 8);
HAL_AT(hal_kernel_info_t, name, 16);
HAL_AT(hal_kernel_info_t, executable, 24);
HAL_AT(hal_kernel_info_t, flags, 32);
HAL_AT(hal_kernel_info_t, reserved0, 36);

HAL_SIZE(hal_arg_t, 64);
HAL_AT(hal_arg_t, type, 0);
HAL_AT(hal_arg_t, access, 1);
HAL_AT(hal_arg_t, dtype, 2);
HAL_AT(hal_arg_t, rank, 3);
HAL_AT(hal_arg_t, reserved0, 4);
HAL_AT(hal_arg_t, mem, 8);
HAL_AT(hal_arg_t, offset_bytes, 16);
HAL_AT(hal_arg_t, u, 24);

HAL_SIZE(hal_launch_desc_t, 72);
HAL_AT(hal_launch_desc_t, flags, 4);
HAL_AT(hal_launch_desc_t, kernel, 8);
HAL_AT(hal_launch_desc_t, stream, 16);
HAL_AT(hal_launch_desc_t, block_count, 24);
HAL_AT(hal_launch_desc_t, convention, 28);
HAL_AT(hal_launch_desc_t, engine, 32);
HAL_AT(hal_launch_desc_t, timeout_ns, 40);
HAL_AT(hal_launch_desc_t, tag, 48);
HAL_AT(hal_launch_desc_t, args, 56);
HAL_AT(hal_launch_desc_t, arg_count, 64);
HAL_AT(hal_launch_desc_t, reserved0, 68);

HAL_SIZE(hal_host_v1_t, 128);
HAL_AT(hal_host_v1_t, ctx, 16);
HAL_AT(hal_host_v1_t, plugin_path, 24);
HAL_AT(hal_host_v1_t, log_enabled, 32);
HAL_AT(hal_host_v1_t, get_number, 64);
HAL_AT(hal_host_v1_t, fault_point, 72);
HAL_AT(hal_host_v1_t, get_environment, 80);
HAL_AT(hal_host_v1_t, set_kernel_fault, 88);
HAL_AT(hal_host_v1_t, kill_order, 96);
HAL_AT(hal_host_v1_t, call_site, 104);
HAL_AT(hal_host_v1_t, describe_call_site, 112);
HAL_AT(hal_host_v1_t, check_trust, 120);

HAL_SIZE(hal_call_site_v1_t, 72);
HAL_AT(hal_call_site_v1_t, words, 8);

HAL_SIZE(hal_kernel_fault_v1_t, 32);
HAL_AT(hal_kernel_fault_v1_t, fault_flags, 4);
HAL_AT(hal_kernel_fault_v1_t, kernel, 8);
HAL_AT(hal_kernel_fault_v1_t, fault_addr, 16);
HAL_AT(hal_kernel_fault_v1_t, block, 24);
HAL_AT(hal_kernel_fault_v1_t, reserved0, 28);

HAL_SIZE(hal_option_v1_t, 56);
HAL_SIZE(hal_probe_v1_t, 32);
HAL_SIZE(hal_native_error_v1_t, 32);
HAL_AT(hal_native_error_v1_t, status, 4);
HAL_AT(hal_native_error_v1_t, domain, 8);
HAL_AT(hal_native_error_v1_t, cause, 16);
HAL_AT(hal_native_error_v1_t, hint, 24);
HAL_SIZE(hal_pmem_info_v1_t, 40);
HAL_SIZE(hal_copy_v1_t, 64);
HAL_SIZE(hal_launch_v1_t, 72);
HAL_SIZE(hal_plugin_v1_t, 72);
HAL_AT(hal_plugin_v1_t, name, 16);
HAL_AT(hal_plugin_v1_t, self, 40);
HAL_AT(hal_plugin_v1_t, ops, 48);
HAL_AT(hal_plugin_v1_t, options, 56);
HAL_AT(hal_plugin_v1_t, option_choices, 64);
HAL_AT(hal_plugin_ops_v1_t, probe, 8);
HAL_AT(hal_plugin_ops_v1_t, mem_query, 64);
HAL_AT(hal_plugin_ops_v1_t, launch, 184);
HAL_AT(hal_plugin_ops_v1_t, explain_native, 192);
HAL_AT(hal_plugin_ops_v1_t, diagnose, 200);
HAL_AT(hal_plugin_ops_v1_t, device_check, 208);
