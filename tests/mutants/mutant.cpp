// SPDX-License-Identifier: Apache-2.0
//
// The null plugin with one broken policy: MUTANT is the number of the policy. This file includes the source of the null
// plugin and replaces an operation or the result of the entry function. MUTANT 0 breaks no policy and shows that the
// wrapper itself is correct. MUTANT 120 adds correct DEVICE memory, which policy P12 needs; MUTANT 12 breaks it.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "hal/hal_plugin.h"

#define hal_plugin_entry_v1 null_entry
#include "null/plugin.cpp"
#undef hal_plugin_entry_v1

namespace {

// These operations have the types of the table, without the wrapper that catches exceptions.
#if MUTANT == 5
hal_status_t throwing_query(hal_pdev_t, hal_property_t, std::uint64_t *) { throw std::runtime_error("seeded"); }

#elif MUTANT == 6
hal_status_t optimistic_query(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  const hal_status_t status = thunk<&mem_query>(device, desc, caps);
  if (desc->kind == HAL_MEM_DEVICE) caps->verdict = HAL_OK;
  return status;
}

#elif MUTANT == 7
hal_status_t boastful_query(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  const hal_status_t status = thunk<&mem_query>(device, desc, caps);
  if (caps->verdict == HAL_OK) caps->can_reach |= HAL_ENGINE_AIV;
  return status;
}
hal_status_t boastful_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  const hal_status_t status = thunk<&mem_alloc>(device, desc, mem, info);
  if (status == HAL_OK) info->can_reach |= HAL_ENGINE_AIV;
  return status;
}

#elif MUTANT == 8
hal_status_t leaking_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  const int descriptor = dup(STDERR_FILENO);
  const hal_status_t status = thunk<&mem_alloc>(device, desc, mem, info);
  if (status == HAL_OK) close(descriptor);
  return status;
}

#elif MUTANT == 9
thread_local bool is_opener = false;
hal_status_t attaching_open(void *self, std::uint32_t ordinal, hal_pdev_t *device) {
  is_opener = true;
  return thunk<&device_open>(self, ordinal, device);
}
hal_status_t affine_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  if (!is_opener) return Failure(HAL_ERR_INTERNAL, "no context on this thread").report();
  return thunk<&mem_alloc>(device, desc, mem, info);
}

#elif MUTANT == 10
hal_status_t open_with_thread(void *self, std::uint32_t ordinal, hal_pdev_t *device) {
  std::thread([] { pause(); }).detach();
  return thunk<&device_open>(self, ordinal, device);
}

#elif MUTANT == 12 || MUTANT == 120
// A device that claims to be a separate process. No kernel can use its memory, and the host must not read it.
constexpr int kAccess = MUTANT == 12 ? PROT_READ | PROT_WRITE : PROT_NONE;

hal_status_t query_with_process(hal_pdev_t device, hal_property_t property, std::uint64_t *value) {
  if (property != HAL_PROPERTY_DEVICE_PROCESS_ID) return thunk<&device_query>(device, property, value);
  *value = static_cast<std::uint64_t>(getppid());
  return HAL_OK;
}
hal_status_t query_with_memory(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  if (desc->kind != HAL_MEM_DEVICE) return thunk<&mem_query>(device, desc, caps);
  caps->can_reach = HAL_ENGINE_AIV;
  caps->verdict = (desc->must_reach & ~caps->can_reach) != 0 ? HAL_ERR_UNSUPPORTED
                  : desc->size_bytes > kMaxBytes             ? HAL_ERR_OUT_OF_MEMORY
                                                             : HAL_OK;
  return HAL_OK;
}
// An object with alignment 0 is DEVICE memory. Each reserves kMaxBytes of addresses.
hal_status_t alloc_with_memory(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem,
                               hal_pmem_info_v1_t *info) {
  if (desc->kind != HAL_MEM_DEVICE) return thunk<&mem_alloc>(device, desc, mem, info);
  void *pages = mmap(nullptr, kMaxBytes, kAccess, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED)
    return Failure(HAL_ERR_OUT_OF_MEMORY, "there is not enough address space for the device").report();
  *mem = new hal_pmem_s{pages, std::align_val_t{}};
  info->device_addr = reinterpret_cast<std::uint64_t>(pages);
  info->can_reach = HAL_ENGINE_AIV;
  return HAL_OK;
}
hal_status_t free_with_memory(hal_pdev_t device, hal_pmem_t mem) {
  if (mem->alignment != std::align_val_t{}) return thunk<&mem_free>(device, mem);
  munmap(mem->data, kMaxBytes);
  delete mem;
  return HAL_OK;
}
#endif

hal_plugin_ops_v1_t mutated() {
  hal_plugin_ops_v1_t ops = kOperations;
#if MUTANT == 5
  ops.device_query = &throwing_query;
#elif MUTANT == 6
  ops.mem_query = &optimistic_query;
#elif MUTANT == 7
  ops.mem_query = &boastful_query;
  ops.mem_alloc = &boastful_alloc;
#elif MUTANT == 8
  ops.mem_alloc = &leaking_alloc;
#elif MUTANT == 9
  ops.device_open = &attaching_open;
  ops.mem_alloc = &affine_alloc;
#elif MUTANT == 10
  ops.device_open = &open_with_thread;
#elif MUTANT == 12 || MUTANT == 120
  ops.device_query = &query_with_process;
  ops.mem_query = &query_with_memory;
  ops.mem_alloc = &alloc_with_memory;
  ops.mem_free = &free_with_memory;
#endif
  return ops;
}

}  // namespace

#if MUTANT == 1
extern "C" __attribute__((visibility("default"))) int mutant_second_symbol() { return 1; }
#endif

extern "C" __attribute__((visibility("default"))) hal_status_t hal_plugin_entry_v1(const hal_host_v1_t *host,
                                                                                   hal_plugin_v1_t *inout) {
#if MUTANT == 3
  if (host->abi_max < HAL_ABI_DRAFT || host->abi_min > HAL_ABI_DRAFT) return HAL_ERR_INCOMPATIBLE;
#elif MUTANT == 4
  static int calls = 0;
  if (++calls > 1) return HAL_ERR_ALREADY_EXISTS;
#elif MUTANT == 11
  if (std::getenv("HAL_MUTANT") != nullptr) std::puts("seeded");
#endif
  static const hal_plugin_ops_v1_t ops = mutated();
  const hal_status_t status = null_entry(host, inout);
  inout->name = MUTANT_NAME;
  if (status == HAL_OK) inout->ops = &ops;
  return status;
}
