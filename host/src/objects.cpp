// SPDX-License-Identifier: Apache-2.0
//
// What a worker owns: device memory, shared memory, registrations, kernel objects.
#include <algorithm>
#include <memory>
#include <utility>

#include "failure.hpp"
#include "worker_impl.hpp"

namespace hal {
namespace {

const char *maker_of(hal_mem_kind_t kind) {
  switch (kind) {
    case HAL_MEM_DEVICE:
      return "allocate";
    case HAL_MEM_HOST_MAPPED:
      return "malloc_host_device_share_mem";
    default:
      return "register_host";
  }
}

const char *freer_of(hal_mem_kind_t kind) {
  switch (kind) {
    case HAL_MEM_DEVICE:
      return "release";
    case HAL_MEM_HOST_MAPPED:
      return "free_host_device_share_mem";
    default:
      return "unregister_host";
  }
}

}  // namespace

void ChipWorker::Impl::keep(Memory memory) {
  std::lock_guard lock(state_mutex_);
  const void *key = memory.handle();
  owned_.emplace(key, Owned{next_sequence_++, std::move(memory)});
}

KernelBinary ChipWorker::Impl::keep(Executable executable) {
  std::lock_guard lock(state_mutex_);
  const KernelBinary binary(executable.handle());
  owned_.emplace(binary.handle(), Owned{next_sequence_++, std::move(executable)});
  return binary;
}

hal_device_addr_t ChipWorker::Impl::allocate(std::uint64_t size_bytes) {
  Memory memory = device_.allocate(HAL_MEM_DEVICE, size_bytes);
  const hal_device_addr_t addr = memory.device_addr();
  keep(std::move(memory));
  return addr;
}

SharedMemory ChipWorker::Impl::allocate_shared(std::uint64_t size_bytes) {
  Memory memory = device_.allocate(HAL_MEM_HOST_MAPPED, size_bytes);
  const hal_mem_info_t info = memory.info();
  keep(std::move(memory));
  return {info.host_ptr, info.device_addr, info.size_bytes};
}

hal_device_addr_t ChipWorker::Impl::register_host(void *ptr, std::uint64_t size_bytes) {
  Memory memory = device_.register_host(ptr, size_bytes);
  const hal_device_addr_t addr = memory.device_addr();
  keep(std::move(memory));
  return addr;
}

void ChipWorker::Impl::release(hal_device_addr_t addr) {
  free_memory(device_.lookup_device(addr), HAL_MEM_DEVICE, "device address " + hex(addr), "ChipWorker::release");
}

void ChipWorker::Impl::free_mapped(void *ptr, hal_mem_kind_t kind, const char *function) {
  free_memory(device_.lookup_host(ptr), kind, "host address " + hex(ptr), function);
}

// Frees the memory that was found at an address. The memory must be the worker's own and of the given kind, and the
// address must be its start.
void ChipWorker::Impl::free_memory(const hal_mem_info_t &info, hal_mem_kind_t kind, const std::string &what,
                                   const char *function) {
  OwnedMap::node_type node;
  {
    std::lock_guard lock(state_mutex_);
    const auto found = owned_.find(info.mem);
    if (info.kind == HAL_MEM_UNKNOWN) {
      fail(HAL_ERR_INVALID_ARGUMENT, function, what + " is not memory of this device, or was freed already",
           std::string("pass the address that ") + maker_of(kind) + "() returned, once");
    }
    if (found == owned_.end()) {
      fail(HAL_ERR_INVALID_ARGUMENT, function, what + " is memory that this worker did not make",
           "free it with the worker that made it");
    }
    if (info.kind != kind) {
      fail(HAL_ERR_INVALID_ARGUMENT, function, what + " was made by " + maker_of(info.kind) + "()",
           std::string("free it with ") + freer_of(info.kind) + "()");
    }
    if (info.offset_bytes != 0) {
      fail(HAL_ERR_INVALID_ARGUMENT, function,
           what + " is " + std::to_string(info.offset_bytes) + " bytes inside an allocation, not its start",
           std::string("pass the address that ") + maker_of(kind) + "() returned");
    }
    node = owned_.extract(found);
  }
  close_owned(std::move(node));
}

void ChipWorker::Impl::unload(KernelBinary binary) {
  OwnedMap::node_type node;
  {
    std::lock_guard lock(state_mutex_);
    const auto found = owned_.find(binary.handle());
    if (found == owned_.end()) {
      fail(HAL_ERR_INVALID_ARGUMENT, "ChipWorker::unload", "this binary is not loaded by this worker",
           "unload it once, by the worker that loaded it");
    }
    node = owned_.extract(found);
  }
  close_owned(std::move(node));
}

// Frees one object. If that fails, the worker keeps the object, with two exceptions: a registration whose pages the
// caller has unmapped, and memory that was damaged.
void ChipWorker::Impl::close_owned(OwnedMap::node_type node) {
  try {
    std::visit([](auto &object) { object.close(); }, node.mapped().object);
  } catch (const Error &failure) {
    if (failure.status() == HAL_ERR_FAILED_PRECONDITION) {
      std::visit([](auto &object) { (void)object.release(); }, node.mapped().object);
      throw;
    }
    if (failure.status() == HAL_ERR_KERNEL_FAULT) throw;
    std::lock_guard lock(state_mutex_);
    owned_.insert(std::move(node));
    throw;
  }
}

void ChipWorker::Impl::copy(hal_device_addr_t addr, std::uint64_t size_bytes, const void *src, void *dst) {
  const char *function = dst == nullptr ? "ChipWorker::copy_to" : "ChipWorker::copy_from";
  const hal_mem_info_t found = device_.lookup_device(addr);
  if (found.kind == HAL_MEM_UNKNOWN) {
    fail(HAL_ERR_INVALID_ARGUMENT, function,
         "device address " + hex(addr) + " is not in memory of device " + std::to_string(device_.info().ordinal),
         "pass an address that allocate() returned, or one inside its memory");
  }
  std::uint64_t ticket = 0;
  {
    std::lock_guard order(submit_mutex_);
    hal::check(dst == nullptr
                   ? hal_copy_to_device(stream_.handle(), found.mem, found.offset_bytes, src, size_bytes, &ticket)
                   : hal_copy_from_device(stream_.handle(), dst, found.mem, found.offset_bytes, size_bytes, &ticket));
    std::lock_guard lock(state_mutex_);
    last_queued_ = std::max(last_queued_, ticket);
  }
  hal::check(wait_for(ticket, HAL_TIMEOUT_FOREVER, function));
}

}  // namespace hal
