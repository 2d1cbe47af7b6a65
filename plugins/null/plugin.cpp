// SPDX-License-Identifier: Apache-2.0
//
// The null backend: a complete plugin without hardware. It has devices, empty streams, and pinned host memory. The
// other operations are nullptr, so the core answers UNSUPPORTED. Copy this folder to start a plugin of your own:
// README.md.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <string>

#include "hal/hal_plugin.hpp"
#include "hal/names.h"

// The objects of this plugin. The core passes their pointers to operations, and frees each object before its device.
struct hal_pdev_s {
  std::uint32_t ordinal;
};
struct hal_pstream_s {};
struct hal_pmem_s {
  void *data;
  std::align_val_t alignment;
};

namespace {

using hal::plugin::Failure;
using hal::plugin::thunk;

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;  // limit of one allocation

// ---- Devices -------------------------------------------------------------------------------------------------------

void probe(void * /*self*/, hal_probe_v1_t * /*out*/) {}  // a plugin that cannot run sets *out and returns UNAVAILABLE

void device_count(void * /*self*/, std::uint32_t *count) {
  *count = static_cast<std::uint32_t>(hal::plugin::option_number("DEVICES"));
}

void device_open(void * /*self*/, std::uint32_t ordinal, hal_pdev_t *device) { *device = new hal_pdev_s{ordinal}; }

void device_close(hal_pdev_t device) noexcept { delete device; }

void device_info(hal_pdev_t /*device*/, hal_device_info_t *info) {
  info->name = "Null device";
  info->soc = "none";
  info->arch = "none";
  info->executable_format = "none";
}

void device_query(hal_pdev_t device, hal_property_t property, std::uint64_t *value) {
  switch (property) {
    case HAL_PROPERTY_AIC_CORES:
    case HAL_PROPERTY_AIV_CORES:
    case HAL_PROPERTY_AICPU_CORES:
      *value = 0;
      return;
    default:
      throw Failure(HAL_ERR_UNSUPPORTED,
                    "device " + std::to_string(device->ordinal) + " does not have property " + std::to_string(property),
                    "see HAL_PROPERTY_* in hal/hal.h");
  }
}

// ---- Memory --------------------------------------------------------------------------------------------------------

// mem_query and mem_alloc share this rule, so that they cannot disagree (P6).
hal_status_t verdict_on(const hal_mem_desc_t &desc) {
  if (desc.kind != HAL_MEM_HOST_PINNED) return HAL_ERR_UNSUPPORTED;
  return desc.size_bytes > kMaxBytes || desc.alignment_bytes > kMaxBytes ? HAL_ERR_OUT_OF_MEMORY : HAL_OK;
}

void mem_query(hal_pdev_t /*device*/, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  caps->verdict = verdict_on(*desc);
  if (desc->kind != HAL_MEM_HOST_PINNED) return;
  caps->can_reach = HAL_ENGINE_HOST;  // never more than the engines that really reach it (P7)
  caps->alignment_bytes = kAlignment;
  caps->granularity_bytes = 1;
  caps->max_bytes = kMaxBytes;
}

void mem_alloc(hal_pdev_t /*device*/, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  switch (verdict_on(*desc)) {
    case HAL_OK:
      break;
    case HAL_ERR_OUT_OF_MEMORY:
      throw Failure(HAL_ERR_OUT_OF_MEMORY,
                    "size " + std::to_string(desc->size_bytes) + " or alignment " +
                        std::to_string(desc->alignment_bytes) + " is above the limit of " + std::to_string(kMaxBytes) +
                        " bytes",
                    "allocate less");
    default:
      throw Failure(HAL_ERR_UNSUPPORTED,
                    std::string("the device does not have memory of kind ") + hal_name_of_mem_kind(desc->kind),
                    "use HAL_MEM_HOST_PINNED, or another backend");
  }
  const auto alignment = std::align_val_t{desc->alignment_bytes > kAlignment ? desc->alignment_bytes : kAlignment};
  void *data = ::operator new(desc->size_bytes, alignment);
  try {
    *mem = new hal_pmem_s{data, alignment};
  } catch (...) {  // a failed call keeps nothing (P8)
    ::operator delete(data, alignment);
    throw;
  }
  info->host_ptr = data;
  info->can_reach = HAL_ENGINE_HOST;
}

void mem_free(hal_pdev_t /*device*/, hal_pmem_t mem) {
  ::operator delete(mem->data, mem->alignment);
  delete mem;
}

// ---- Streams -------------------------------------------------------------------------------------------------------

void stream_create(hal_pdev_t /*device*/, std::uint32_t /*flags*/, hal_pstream_t *stream) {
  *stream = new hal_pstream_s;
}

void stream_destroy(hal_pdev_t /*device*/, hal_pstream_t stream) { delete stream; }

// Nothing can be submitted, so the only ticket is 0, and it is done.
void stream_wait(hal_pdev_t /*device*/, hal_pstream_t /*stream*/, std::uint64_t /*ticket*/, std::uint64_t /*timeout*/) {
}

void stream_query(hal_pdev_t /*device*/, hal_pstream_t /*stream*/, std::uint64_t *completed) { *completed = 0; }

// ---- The table -----------------------------------------------------------------------------------------------------

// thunk stops exceptions at the C boundary (P5).
constexpr hal_plugin_ops_v1_t kOperations = {
    .struct_size = sizeof(hal_plugin_ops_v1_t),
    .reserved0 = 0,
    .probe = thunk<&probe>,
    .device_count = thunk<&device_count>,
    .device_open = thunk<&device_open>,
    .device_close = &device_close,
    .device_info = thunk<&device_info>,
    .device_query = thunk<&device_query>,
    .device_reset = nullptr,
    .mem_query = thunk<&mem_query>,
    .mem_alloc = thunk<&mem_alloc>,
    .mem_free = thunk<&mem_free>,
    .mem_register = nullptr,
    .mem_unregister = nullptr,
    .mem_sync = nullptr,
    .stream_create = thunk<&stream_create>,
    .stream_destroy = thunk<&stream_destroy>,
    .stream_wait = thunk<&stream_wait>,
    .stream_query = thunk<&stream_query>,
    .copy = nullptr,
    .fill = nullptr,
    .executable_load = nullptr,
    .executable_unload = nullptr,
    .kernel_find = nullptr,
    .launch = nullptr,
    .explain_native = nullptr,
    .diagnose = nullptr,
    .device_check = nullptr,
};

// option_number and option_text read these. The environment variables are HAL_<family>_<name>.
constexpr hal_option_v1_t kOptions[] = {
    {"NULL", "DEVICES", "2", "Number of devices.", HAL_OPTION_NUMBER, 0, 1, 64},
};

}  // namespace

// Has no side effects (P4). Sets the supported drafts even when it refuses (P3).
extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                                   hal_plugin_v1_t *inout) {
  inout->abi_min = HAL_ABI_DRAFT;
  inout->abi_max = HAL_ABI_DRAFT;
  inout->name = "null";
  inout->version = HAL_PLUGIN_VERSION;
  inout->build = HAL_PLUGIN_BUILD;
  if (host->abi_max < HAL_ABI_DRAFT || host->abi_min > HAL_ABI_DRAFT) return HAL_ERR_INCOMPATIBLE;
  hal::plugin::host = host;
  inout->ops = &kOperations;
  inout->options = kOptions;
  inout->option_count = std::size(kOptions);
  return HAL_OK;
}
