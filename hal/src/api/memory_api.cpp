// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "api/api_call.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/device_children.hpp"
#include "objects/mem_rules.hpp"
#include "objects/memory.hpp"

namespace hal::core {
namespace {

hal_status_t fail_overlap(const hal_mem_desc_t &desc, const Overlap &other) {
  return fail(HAL_ERR_ALREADY_EXISTS,
              fmt::format("the range {} + {} bytes overlaps {:#x} + {} bytes, which is already registered or mapped",
                          desc.host_ptr, desc.size_bytes, other.start, other.size),
              "register each page once; hal_mem_lookup_host finds the earlier registration");
}

hal_status_t release_in_plugin(Memory &memory) {
  Device &device = memory.device();
  return memory.is_registered() ? device.call<&Ops::mem_unregister>("mem_unregister", memory.pmem())
                                : device.call<&Ops::mem_free>("mem_free", memory.pmem());
}

// Nothing: both tables have the memory now.
std::optional<Overlap> enter_tables(Memory &memory) {
  if (const auto other = host_ranges().enter(memory.process_range())) return other;
  return memory.device().addresses().enter(memory.host_range(), memory.device_range());
}

// Checks and publishes the plugin's memory; releases it if it cannot be used.
hal_status_t accept_memory(Memory &memory, const hal_mem_desc_t &desc, const hal_pmem_info_v1_t &info) {
  hal_status_t status = check_reach(memory.device(), desc, info.can_reach, info.reach_unknown);
  if (status == HAL_OK) {
    const auto other = enter_tables(memory);
    if (!other) return HAL_OK;
    status = memory.is_registered()
                 ? fail_overlap(desc, *other)
                 : fail(HAL_ERR_INTERNAL,
                        fmt::format("backend {} returned {} at an address that {:#x} + {} bytes already uses",
                                    memory.device().plugin().name(), memory.describe(), other->start, other->size),
                        "unregister memory before unmapping it; if you did, report this as a bug");
  }
  const QuietErrors quiet;
  release_in_plugin(memory);
  return status;
}

hal_status_t ask_plugin(Memory &memory, const hal_mem_desc_t &desc, hal_pmem_t *pmem, hal_pmem_info_v1_t *info) {
  Device &device = memory.device();
  return memory.is_registered() ? device.call<&Ops::mem_register>("mem_register", &desc, pmem, info)
                                : device.call<&Ops::mem_alloc>("mem_alloc", &desc, pmem, info);
}

hal_status_t create_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_t *handle) {
  SlotReservation slot(Memory::kType);
  auto memory = std::make_unique<Memory>(device, desc, slot.handle());
  if (memory->is_registered())
    if (const auto other = host_ranges().reserve(memory->process_range())) return fail_overlap(desc, *other);
  hal_pmem_t pmem = nullptr;
  hal_pmem_info_v1_t info = {};
  info.struct_size = sizeof(info);
  hal_status_t status = guarded([&] { return ask_plugin(*memory, desc, &pmem, &info); });
  if (status == HAL_OK) {
    memory->take(pmem, info);
    status = accept_memory(*memory, desc, info);
  }
  if (status != HAL_OK) {
    host_ranges().remove(memory->process_range());
    return status;
  }
  memory->watch();
  device.children().add(*memory);
  *handle = make_handle<hal_mem_t>(memory->handle());
  slot.publish(memory.release());
  return HAL_OK;
}

hal_status_t fail_held(const Memory &memory, const Holder &holder) {
  return fail(HAL_ERR_BUSY,
              fmt::format("{} is in use by ticket {} of stream {:#x}", memory.describe(), holder.ticket,
                          handle_value(holder.stream)),
              "wait for the ticket first");
}

// Whether the plugin has released the memory although its free or unregister failed.
bool is_released_anyway(const Memory &memory, hal_status_t status) {
  const bool found_damaged = status == HAL_ERR_KERNEL_FAULT && memory.device().plugin().ops().device_check != nullptr;
  return found_damaged || status == HAL_ERR_DEVICE_LOST ||
         (memory.is_registered() && status == HAL_ERR_FAILED_PRECONDITION);
}

hal_status_t destroy_memory(Pin<Memory> &pin) {
  if (!pin.claim())
    return fail(HAL_ERR_BUSY, fmt::format("another thread is inside a call on {}", pin->describe()),
                "finish the calls on memory before freeing it");
  if (const auto holder = pin->users().holder()) {
    pin.unclaim();
    return fail_held(*pin, *holder);
  }
  // Remove it from the tables first: once released, the plugin may return the same addresses to another thread.
  Device &device = pin->device();
  device.addresses().remove(pin->host_range(), pin->device_range());
  host_ranges().leave(pin->process_range());
  const hal_status_t status = guarded([&] { return release_in_plugin(*pin); });
  if (status != HAL_OK && !is_released_anyway(*pin, status)) {
    enter_tables(*pin);
    pin.unclaim();
    return status;
  }
  host_ranges().remove(pin->process_range());
  device.children().remove(*pin);
  delete pin.release();
  return status == HAL_ERR_DEVICE_LOST ? HAL_OK : status;
}

// The answer of alloc or register to this descriptor, before they call the plugin.
hal_status_t check_question(Device &device, const hal_mem_desc_t &desc) {
  if (desc.kind != HAL_MEM_HOST_IMPORTED) return check_alloc_desc(desc);
  if (const hal_status_t status = check_register_desc(desc, false); status != HAL_OK) return status;
  const auto start = reinterpret_cast<std::uint64_t>(desc.host_ptr);
  if (start != 0)
    if (const auto other = host_ranges().overlap(start, desc.size_bytes)) return fail_overlap(desc, *other);
  const Ops &ops = device.plugin().ops();
  return ops.mem_register != nullptr ? HAL_OK : device.plugin().fail_missing("mem_register");
}

hal_status_t query_memory(Device &device, const hal_mem_desc_t &desc, hal_mem_caps_t &caps) {
  {
    const QuietErrors quiet;
    caps.verdict = check_question(device, desc);
    if (caps.verdict != HAL_OK) return HAL_OK;
  }
  if (const hal_status_t status = device.call<&Ops::mem_query>("mem_query", &desc, &caps); status != HAL_OK)
    return status;
  const QuietErrors quiet;
  if (caps.verdict == HAL_OK) caps.verdict = check_reach(device, desc, caps.can_reach, caps.reach_unknown);
  return HAL_OK;
}

hal_status_t check_sync(const Memory &memory, std::uint64_t offset, std::uint64_t size, hal_sync_t direction) {
  if (direction != HAL_SYNC_TO_DEVICE && direction != HAL_SYNC_FROM_DEVICE)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("direction {} does not exist", direction),
                "use HAL_SYNC_TO_DEVICE or HAL_SYNC_FROM_DEVICE");
  if (size == 0) return fail(HAL_ERR_INVALID_ARGUMENT, "size_bytes is 0", "pass at least 1");
  if (!memory.is_mapped())
    return fail(HAL_ERR_UNSUPPORTED, fmt::format("{} is not mapped", memory.describe()),
                "use hal_copy_* for memory that host and device do not share");
  return check_inside(memory, offset, size, "mem");
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_mem_query(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_mem_desc_t question;
    if (const hal_status_t status = read_mem_desc(desc, question); status != HAL_OK) return status;
    if (const hal_status_t status = check_output(caps, "caps"); status != HAL_OK) return status;
    hal_mem_caps_t answer = {};
    answer.struct_size = sizeof(answer);
    if (const hal_status_t status = query_memory(*pin, question, answer); status != HAL_OK) return status;
    return write_struct(caps, answer, "caps");
  });
}

hal_status_t hal_mem_alloc(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (mem == nullptr) return fail_null("mem");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_mem_desc_t wanted;
    hal_status_t status = read_mem_desc(desc, wanted);
    if (status == HAL_OK) status = check_alloc_desc(wanted);
    return status == HAL_OK ? create_memory(*pin, wanted, mem) : status;
  });
}

hal_status_t hal_mem_register(hal_device_t device, const hal_mem_desc_t *desc, hal_mem_t *mem) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (mem == nullptr) return fail_null("mem");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_mem_desc_t wanted;
    hal_status_t status = read_mem_desc(desc, wanted);
    if (status == HAL_OK) status = check_register_desc(wanted, true);
    return status == HAL_OK ? create_memory(*pin, wanted, mem) : status;
  });
}

hal_status_t hal_mem_free(hal_mem_t mem) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Memory> pin(mem, "mem");
    if (!pin) return pin.status();
    if (pin->is_registered())
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} was registered, not allocated", pin->describe()),
                  "use hal_mem_unregister");
    return destroy_memory(pin);
  });
}

hal_status_t hal_mem_unregister(hal_mem_t mem) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Memory> pin(mem, "mem");
    if (!pin) return pin.status();
    if (!pin->is_registered())
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} was allocated, not registered", pin->describe()),
                  "use hal_mem_free");
    return destroy_memory(pin);
  });
}

hal_status_t hal_mem_info(hal_mem_t mem, hal_mem_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Memory> pin(mem, "mem");
    return pin ? write_struct(info, pin->info(0), "info") : pin.status();
  });
}

hal_status_t hal_mem_lookup_host(hal_device_t device, const void *host_ptr, hal_mem_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_mem_info_t answer = {};
    const auto address = reinterpret_cast<std::uint64_t>(host_ptr);
    pin->addresses().find_host(address,
                               [&](const AddressRange &range) { answer = range.owner->info(address - range.start); });
    return write_struct(info, answer, "info");
  });
}

hal_status_t hal_mem_lookup_device(hal_device_t device, hal_device_addr_t addr, hal_mem_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_mem_info_t answer = {};
    pin->addresses().find_device(addr,
                                 [&](const AddressRange &range) { answer = range.owner->info(addr - range.start); });
    return write_struct(info, answer, "info");
  });
}

hal_status_t hal_mem_sync(hal_mem_t mem, uint64_t offset_bytes, uint64_t size_bytes, hal_sync_t direction) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Memory> pin(mem, "mem");
    if (!pin) return pin.status();
    if (const hal_status_t status = check_sync(*pin, offset_bytes, size_bytes, direction); status != HAL_OK)
      return status;
    if ((pin->flags() & HAL_MEM_COHERENT) != 0) return HAL_OK;
    return pin->device().call<&Ops::mem_sync>("mem_sync", pin->pmem(), offset_bytes, size_bytes, direction);
  });
}
