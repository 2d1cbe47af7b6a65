// SPDX-License-Identifier: Apache-2.0
#include "hal/share_mem.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/api_call.hpp"
#include "diagnostics/injection.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/device_table.hpp"
#include "objects/memory.hpp"
#include "support/text.hpp"

namespace hal::core {
namespace {

// A device that the pair keeps open.
struct PairDevice {
  hal_device_t device = nullptr;
  std::uint32_t opens = 0;  // more than 1 if several threads made the first allocation at the same time
  std::uint64_t users = 0;  // allocations, and running calls
};

struct Pair {
  std::mutex mutex;
  std::map<std::uint32_t, PairDevice> devices;
  std::map<std::pair<std::uint32_t, void *>, hal_mem_t> allocations;
};

Pair &pair() {
  static Pair &state = *new Pair;
  return state;
}

bool use_cached_device(std::uint32_t id, hal_device_t &device) {
  Pair &state = pair();
  const std::lock_guard lock(state.mutex);
  const auto entry = state.devices.find(id);
  if (entry == state.devices.end()) return false;
  ++entry->second.users;
  device = entry->second.device;
  return true;
}

void end_use(std::uint32_t id) {
  Pair &state = pair();
  const std::lock_guard lock(state.mutex);
  if (const auto entry = state.devices.find(id); entry != state.devices.end()) --entry->second.users;
}

hal_status_t allocate(hal_device_t device, std::uint64_t size, hal_mem_t &mem, hal_mem_info_t &info) {
  hal_mem_desc_t desc = {};
  desc.struct_size = sizeof(desc);
  desc.kind = HAL_MEM_HOST_MAPPED;
  desc.size_bytes = size;
  desc.must_reach = HAL_ENGINE_HOST | HAL_ENGINE_AIV;
  desc.tag = "mallocHostDeviceShareMem";
  hal_status_t status = hal_mem_alloc(device, &desc, &mem);
  info.struct_size = sizeof(info);
  if (status != HAL_OK) return status;
  status = hal_mem_info(mem, &info);
  if (status == HAL_OK) return HAL_OK;
  const ErrorRecord failure = last_error();
  hal_mem_free(mem);
  restore_error(failure);
  return status;
}

void remember(std::uint32_t id, const hal_mem_info_t &info, hal_mem_t mem) {
  Pair &state = pair();
  const std::lock_guard lock(state.mutex);
  state.allocations.insert_or_assign({id, info.host_ptr}, mem);
}

// Turns this thread's hal_device_open and hal_init into the pair's.
void adopt_device(std::uint32_t id, hal_device_t device, std::uint64_t users) {
  {
    Pair &state = pair();
    const std::lock_guard lock(state.mutex);
    PairDevice &entry = state.devices[id];
    entry.device = device;
    ++entry.opens;
    entry.users += users;
  }
  keep_reference_for_pair();
}

// adopted: whether the pair has taken over this thread's hal_device_open and hal_init.
hal_status_t allocate_on_new(std::uint32_t id, std::uint64_t size, hal_mem_info_t &info, bool &adopted) {
  hal_backend_t backend = nullptr;
  hal_device_t device = nullptr;
  hal_status_t status = hal_backend_select(nullptr, &backend);
  if (status == HAL_OK) status = hal_device_open(backend, id, &device);
  if (status != HAL_OK) return status;
  hal_mem_t mem = nullptr;
  status = allocate(device, size, mem, info);
  if (status == HAL_OK) {
    remember(id, info, mem);
    adopt_device(id, device, 1);
    adopted = true;
    return HAL_OK;
  }
  const ErrorRecord failure = last_error();
  if (hal_device_close(device) != HAL_OK) {  // keep it: the next call uses it, and hal_shutdown closes it
    adopt_device(id, device, 0);
    adopted = true;
  }
  restore_error(failure);
  return status;
}

// Initialises libhal and opens the device of the environment's backend. If the allocation fails, undoes both.
hal_status_t malloc_on_new(std::uint32_t id, std::uint64_t size, hal_mem_info_t &info) {
  if (id == HAL_DEVICE_DEFAULT)
    return fail(HAL_ERR_NOT_FOUND, fmt::format("device {} does not exist", id),
                "use a device ordinal: they start at 0");
  if (const hal_status_t status = hal_init(HAL_ABI_DRAFT); status != HAL_OK) return status;
  bool adopted = false;
  hal_status_t status = check_injection("mallocHostDeviceShareMem");
  if (status == HAL_OK) status = allocate_on_new(id, size, info, adopted);
  if (!adopted) drop_reference();
  return status;
}

hal_status_t malloc_on_cached(std::uint32_t id, hal_device_t device, std::uint64_t size, hal_mem_info_t &info) {
  hal_mem_t mem = nullptr;
  hal_status_t status = check_injection("mallocHostDeviceShareMem");
  if (status == HAL_OK) status = allocate(device, size, mem, info);
  if (status == HAL_OK)
    remember(id, info, mem);
  else
    end_use(id);
  return status;
}

hal_status_t malloc_shared(std::uint32_t id, std::uint64_t size, void **host, void **dev) {
  if (size == 0) return fail(HAL_ERR_INVALID_ARGUMENT, "size is 0", "allocate at least one byte");
  hal_device_t device = nullptr;
  hal_mem_info_t info = {};
  const hal_status_t status =
      use_cached_device(id, device) ? malloc_on_cached(id, device, size, info) : malloc_on_new(id, size, info);
  if (status != HAL_OK) return status;
  *host = info.host_ptr;
  *dev = reinterpret_cast<void *>(info.device_addr);
  return HAL_OK;
}

// A failed free may have released the memory, for example memory with a damaged red zone.
bool exists(hal_mem_t mem) {
  Pin<Memory> pin;
  const PinAnswer answer = pin.try_acquire(handle_value(mem));
  return answer == PinAnswer::kOk || answer == PinAnswer::kClaimed;
}

hal_status_t free_shared(std::uint32_t id, void *host) {
  Pair &state = pair();
  std::unique_lock lock(state.mutex);
  const auto entry = state.allocations.find({id, host});
  if (entry == state.allocations.end())
    return fail(HAL_ERR_INVALID_ARGUMENT,
                fmt::format("hostPtr {} was not returned by mallocHostDeviceShareMem on device {}", host, id),
                "free each returned pointer once, with the same device");
  // Removed before the lock is released, so that a second free of it finds nothing.
  auto taken = state.allocations.extract(entry);
  lock.unlock();
  const hal_status_t status = hal_mem_free(taken.mapped());
  lock.lock();
  if (exists(taken.mapped()))
    state.allocations.insert(std::move(taken));
  else  // freed now, or before by hal_device_reset
    --state.devices.at(id).users;
  return status;
}

std::string live_allocations(const Pair &state) {
  constexpr std::size_t kShown = 3;
  std::vector<std::string> names;
  for (const auto &[key, mem] : state.allocations) {
    if (names.size() == kShown) break;
    names.push_back(fmt::format("{} on device {}", key.second, key.first));
  }
  return fmt::format("{} allocation(s) of mallocHostDeviceShareMem: {}", state.allocations.size(), join_names(names));
}

bool is_idle_pair_device(const Pair &state, const OpenDevice &open) {
  return std::any_of(state.devices.begin(), state.devices.end(), [&](const auto &entry) {
    return entry.second.device == open.handle && entry.second.opens == open.opens;
  });
}

}  // namespace

hal_status_t close_idle_pair_devices() {
  const std::vector<OpenDevice> open = open_devices();
  std::map<std::uint32_t, PairDevice> idle;
  {
    Pair &state = pair();
    const std::lock_guard lock(state.mutex);
    for (const auto &[id, entry] : state.devices)
      if (entry.users > 0)
        return fail(HAL_ERR_BUSY, fmt::format("device {} is in use by {}", id, live_allocations(state)),
                    "free them with freeHostDeviceShareMem");
    for (const OpenDevice &device : open)
      if (!is_idle_pair_device(state, device)) return HAL_OK;  // hal_shutdown reports it
    idle.swap(state.devices);
  }
  while (!idle.empty()) {
    PairDevice &entry = idle.begin()->second;
    const hal_status_t status = hal_device_close(entry.device);
    if (status != HAL_OK) {
      Pair &state = pair();
      const std::lock_guard lock(state.mutex);
      state.devices.merge(idle);  // still open, so the pair keeps them
      return status;
    }
    if (--entry.opens == 0) idle.erase(idle.begin());
  }
  return HAL_OK;
}

}  // namespace hal::core

using namespace hal::core;

int mallocHostDeviceShareMem(uint32_t deviceId, uint64_t size, void **hostPtr, void **devPtr) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (hostPtr != nullptr) *hostPtr = nullptr;
    if (devPtr != nullptr) *devPtr = nullptr;
    if (hostPtr == nullptr) return fail_null("hostPtr");
    if (devPtr == nullptr) return fail_null("devPtr");
    const hal_status_t status = check_not_forked();
    return status == HAL_OK ? malloc_shared(deviceId, size, hostPtr, devPtr) : status;
  });
}

int freeHostDeviceShareMem(uint32_t deviceId, void *hostPtr) {
  return api_call_any_time(__func__, [&]() -> hal_status_t {
    if (hostPtr == nullptr) return fail_null("hostPtr");
    hal_status_t status = check_not_forked();
    if (status == HAL_OK) status = check_injection("freeHostDeviceShareMem");
    return status == HAL_OK ? free_shared(deviceId, hostPtr) : status;
  });
}
