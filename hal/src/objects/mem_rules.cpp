// SPDX-License-Identifier: Apache-2.0
#include "objects/mem_rules.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <string>

#include "diagnostics/error.hpp"
#include "diagnostics/struct_rules.hpp"
#include "hal/names.h"
#include "objects/memory.hpp"

namespace hal::core {
namespace {

constexpr std::uint64_t kMaxMemoryBytes = std::uint64_t{1} << 63;

std::uint64_t register_alignment() {
  static const std::uint64_t alignment =
      std::max<std::uint64_t>(4096, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  return alignment;
}

hal_status_t invalid(const std::string &message, std::string_view hint) {
  return fail(HAL_ERR_INVALID_ARGUMENT, message, hint);
}

hal_status_t check_common(const hal_mem_desc_t &desc) {
  if (desc.size_bytes == 0) return invalid("desc->size_bytes is 0", "set it to at least 1");
  if (desc.alignment_bytes != 0 && !std::has_single_bit(desc.alignment_bytes))
    return invalid(fmt::format("desc->alignment_bytes is {}, not a power of two", desc.alignment_bytes),
                   "use a power of two, or 0 for the backend's own alignment");
  if ((desc.must_reach & ~kAllEngines) != 0)
    return invalid(fmt::format("desc->must_reach {:#x} names engines that do not exist: {:#x}", desc.must_reach,
                               desc.must_reach & ~kAllEngines),
                   "combine HAL_ENGINE_* values");
  return HAL_OK;
}

hal_status_t check_capacity(const hal_mem_desc_t &desc) {
  if (desc.size_bytes < kMaxMemoryBytes) return HAL_OK;
  return fail(HAL_ERR_OUT_OF_MEMORY, fmt::format("desc->size_bytes {} exceeds every capacity", desc.size_bytes),
              "check the computation of the size");
}

}  // namespace

std::string engine_names(hal_engine_mask_t engines) {
  std::string text;
  for (hal_engine_mask_t engine = 1; engine != 0; engine <<= 1) {
    if ((engines & engine) == 0) continue;
    if (!text.empty()) text += "|";
    const std::string name = hal_name_of_engine(engine);
    text += name != "UNKNOWN" ? name : fmt::format("{:#x}", engine);
  }
  return text.empty() ? "none" : text;
}

hal_status_t read_mem_desc(const hal_mem_desc_t *given, hal_mem_desc_t &desc) {
  if (const hal_status_t status = read_struct(given, desc, "desc"); status != HAL_OK) return status;
  if (desc.flags != 0)
    return invalid(fmt::format("desc->flags is {:#x}", desc.flags), "this draft has no flags: pass 0");
  if (desc.reserved0 != 0)
    return invalid(fmt::format("desc->reserved0 is {:#x}", desc.reserved0),
                   "set the whole descriptor to zero before filling it");
  return HAL_OK;
}

hal_status_t check_alloc_desc(const hal_mem_desc_t &desc) {
  if (desc.kind == HAL_MEM_HOST_IMPORTED)
    return invalid("hal_mem_alloc cannot allocate HOST_IMPORTED memory: the caller owns that",
                   "use hal_mem_register, or kind HAL_MEM_HOST_MAPPED");
  if (desc.kind == HAL_MEM_UNKNOWN || desc.kind > HAL_MEM_DEVICE_MAPPED)
    return invalid(fmt::format("desc->kind {} is not a kind of memory", desc.kind), "use one of HAL_MEM_*");
  if (desc.host_ptr != nullptr)
    return invalid(fmt::format("desc->host_ptr is {}, but hal_mem_alloc chooses the address itself", desc.host_ptr),
                   "leave host_ptr NULL, or use hal_mem_register");
  const hal_status_t status = check_common(desc);
  return status != HAL_OK ? status : check_capacity(desc);
}

hal_status_t check_register_desc(const hal_mem_desc_t &desc, bool host_ptr_needed) {
  if (desc.kind != HAL_MEM_HOST_IMPORTED)
    return invalid(fmt::format("hal_mem_register takes kind HOST_IMPORTED, not {}", mem_kind_name(desc.kind)),
                   "use hal_mem_alloc for memory that libhal allocates");
  const auto start = reinterpret_cast<std::uint64_t>(desc.host_ptr);
  if (start == 0 && host_ptr_needed)
    return invalid("desc->host_ptr is NULL", "pass the start of the range to register");
  if (const hal_status_t status = check_common(desc); status != HAL_OK) return status;
  if (start > UINT64_MAX - desc.size_bytes)
    return invalid(fmt::format("desc->host_ptr {} + {} bytes overflows", desc.host_ptr, desc.size_bytes),
                   "check the computation of the size");
  if (const hal_status_t status = check_capacity(desc); status != HAL_OK) return status;
  const std::uint64_t page = register_alignment();
  if (start % page != 0 || desc.size_bytes % page != 0)
    return invalid(fmt::format("the range {} + {} bytes does not consist of whole pages of {} bytes", desc.host_ptr,
                               desc.size_bytes, page),
                   "align start and size: mmap, or aligned_alloc with a size rounded up");
  if (desc.alignment_bytes != 0 && start % desc.alignment_bytes != 0)
    return invalid(fmt::format("desc->host_ptr {} is not aligned to desc->alignment_bytes {}", desc.host_ptr,
                               desc.alignment_bytes),
                   "set alignment_bytes to 0: the address of the range is fixed");
  return HAL_OK;
}

hal_status_t check_reach(const Device &device, const hal_mem_desc_t &desc, hal_engine_mask_t can_reach,
                         hal_engine_mask_t reach_unknown) {
  const hal_engine_mask_t missing = desc.must_reach & ~(can_reach | reach_unknown);
  if (missing == 0) return HAL_OK;
  return fail(HAL_ERR_UNSUPPORTED,
              fmt::format("{} memory of device {} is reached by {}, but not by {}, which desc->must_reach requires",
                          mem_kind_name(desc.kind), device.name(), engine_names(can_reach), engine_names(missing)),
              "use another kind of memory, or another engine");
}

}  // namespace hal::core
