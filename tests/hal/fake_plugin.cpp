// SPDX-License-Identifier: Apache-2.0
//
// A backend that uses plain host memory. Tests control it through hal::fake::Control.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "fake_control.hpp"
#include "fake_operations.hpp"
#include "hal/hal_plugin.hpp"

namespace {

using hal::fake::Control;
using hal::fake::kDeviceBase;
using hal::plugin::Failure;
using hal::plugin::thunk;

Control &control() {
  static Control &instance = *new Control;
  return instance;
}

void fail_if_requested(std::atomic<hal_status_t> &requested, const char *what) {
  if (const hal_status_t status = requested.exchange(0); status != HAL_OK)
    throw Failure(status, std::string("a test requested a failure of ") + what, "remove the request", 42, "fake");
}

constexpr std::string_view kMagic = "FAKE-KERNEL";

}  // namespace

struct hal_pmem_s {
  void *data = nullptr;
  std::uint64_t size = 0;
  bool owned = false;
};

struct hal_pstream_s {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t last = 0;
  std::uint64_t failed_at = 0;  // 0 = nothing failed
  hal_status_t failure = HAL_OK;
};

struct hal_pkernel_s {
  std::string name;
};

struct hal_pexec_s {
  std::mutex mutex;
  std::map<std::string, hal_pkernel_s> kernels;
};

// Owns every object of the device, so that a reset can release them.
struct hal_pdev_s {
  std::uint32_t ordinal = 0;
  std::uint64_t capacity = 0;
  std::mutex mutex;
  std::set<hal_pmem_t> memories;
  std::set<hal_pstream_t> streams;
  std::set<hal_pexec_t> executables;
};

namespace {

template <typename Object>
void adopt(hal_pdev_t device, std::set<Object> &objects, Object object, std::atomic<int> &live) {
  const std::lock_guard lock(device->mutex);
  objects.insert(object);
  ++live;
}

template <typename Object>
void disown(hal_pdev_t device, std::set<Object> &objects, Object object, std::atomic<int> &live) {
  const std::lock_guard lock(device->mutex);
  objects.erase(object);
  --live;
}

std::uint64_t last_good_ticket(const hal_pstream_s &stream) {
  if (stream.failed_at != 0) return stream.failed_at - 1;
  return stream.last;
}

std::uint64_t submit(hal_pstream_t stream) {
  const std::lock_guard lock(stream->mutex);
  ++stream->last;
  if (const hal_status_t status = control().fail_work.exchange(0); status != HAL_OK && stream->failed_at == 0) {
    stream->failed_at = stream->last;
    stream->failure = status;
  }
  return stream->last;
}

void probe(void * /*self*/, hal_probe_v1_t *out) {
  if (hal::plugin::option_number("PRESENT") != 0) return;
  out->reason = "no_device";
  out->detail = "HAL_FAKE_PRESENT is 0";
  out->hint = "set HAL_FAKE_PRESENT=1";
  throw Failure(HAL_ERR_UNAVAILABLE, "no fake device", "set HAL_FAKE_PRESENT=1");
}

void device_count(void * /*self*/, std::uint32_t *count) {
  *count = static_cast<std::uint32_t>(hal::plugin::option_number("DEVICES"));
}

void device_open(void * /*self*/, std::uint32_t ordinal, hal_pdev_t *device) {
  fail_if_requested(control().fail_open, "device_open");
  *device = new hal_pdev_s;
  (*device)->ordinal = ordinal;
  (*device)->capacity = hal::plugin::option_number("MEMORY");
  ++control().opens;
}

void device_info(hal_pdev_t /*device*/, hal_device_info_t *info) {
  info->name = "fake device";
  info->soc = "Fake1";
  info->arch = "fake";
  info->executable_format = "fake-text";
#ifdef FAKE_NATIVE_API
  if (HAL_HAS_FIELD(hal_device_info_t, info, native_api)) info->native_api = FAKE_NATIVE_API;
#endif
}

hal_status_t device_query(hal_pdev_t device, hal_property_t property, std::uint64_t *value) {
  switch (property) {
    case HAL_PROPERTY_MAX_BLOCKS:
      *value = hal::fake::kMaxBlocks;
      return HAL_OK;
    case HAL_PROPERTY_MEMORY_TOTAL_BYTES:
      *value = device->capacity;
      return HAL_OK;
    case hal::fake::kControlProperty:
      *value = reinterpret_cast<std::uint64_t>(&control());
      return HAL_OK;
    default:
      throw Failure(HAL_ERR_UNSUPPORTED, "unknown property " + std::to_string(property));
  }
}

void release(hal_pdev_t device, hal_pmem_t mem) {
  disown(device, device->memories, mem, control().live_memories);
  if (mem->owned) ::munmap(mem->data, mem->size);
  delete mem;
}

void stream_destroy(hal_pdev_t device, hal_pstream_t stream) {
  disown(device, device->streams, stream, control().live_streams);
  delete stream;
}

void executable_unload(hal_pdev_t device, hal_pexec_t executable) {
  disown(device, device->executables, executable, control().live_executables);
  delete executable;
}

void release_objects(hal_pdev_t device) {
  while (!device->memories.empty()) release(device, *device->memories.begin());
  while (!device->streams.empty()) stream_destroy(device, *device->streams.begin());
  while (!device->executables.empty()) executable_unload(device, *device->executables.begin());
}

void device_close(hal_pdev_t device) {
  ++control().closes;
  release_objects(device);
  delete device;
}

void device_reset(hal_pdev_t device) {
  if (control().fail_reset == HAL_ERR_FAILED_PRECONDITION) fail_if_requested(control().fail_reset, "device_reset");
  release_objects(device);
  fail_if_requested(control().fail_reset, "device_reset");
}

hal_engine_mask_t reach_of(hal_mem_kind_t kind) {
  switch (kind) {
    case HAL_MEM_DEVICE:
      return HAL_ENGINE_AIC | HAL_ENGINE_AIV | HAL_ENGINE_AICPU | HAL_ENGINE_SDMA;
    case HAL_MEM_HOST_PINNED:
      return HAL_ENGINE_HOST;
    default:
      return HAL_ENGINE_HOST | HAL_ENGINE_AIC | HAL_ENGINE_AIV;
  }
}

hal_status_t mem_query(hal_pdev_t device, const hal_mem_desc_t *desc, hal_mem_caps_t *caps) {
  if (const hal_status_t status = control().fail_silently.exchange(0); status != HAL_OK) return status;
  caps->verdict = desc->kind == HAL_MEM_DEVICE_MAPPED   ? HAL_ERR_UNSUPPORTED
                  : desc->size_bytes > device->capacity ? HAL_ERR_OUT_OF_MEMORY
                                                        : HAL_OK;
  caps->can_reach = reach_of(desc->kind);
  caps->alignment_bytes = 4096;
  caps->granularity_bytes = 4096;
  caps->max_bytes = device->capacity;
  return HAL_OK;
}

void describe(const hal_pmem_s &mem, hal_mem_kind_t kind, hal_pmem_info_v1_t *info) {
  const auto address = reinterpret_cast<std::uint64_t>(mem.data);
  info->host_ptr = kind == HAL_MEM_DEVICE ? nullptr : mem.data;
  info->device_addr = kind == HAL_MEM_HOST_PINNED ? 0 : address + kDeviceBase;
  info->can_reach = reach_of(kind);
  info->reach_unknown = 0;
}

void wait_while(const std::atomic<bool> &blocked, std::atomic<int> &inside) {
  ++inside;
  while (blocked) std::this_thread::yield();
  --inside;
}

void note_call_site() {
  const hal_call_site_v1_t site = hal::plugin::call_site();
  control().call_site = hal::plugin::describe(site);
  char cut[8];
  hal::plugin::host->describe_call_site(hal::plugin::host->ctx, &site, cut, sizeof cut);
  control().call_site_cut = cut;
}

void mem_alloc(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  wait_while(control().block_alloc, control().inside_alloc);
  hal::plugin::fault_point("fake.alloc");
  fail_if_requested(control().fail_alloc, "mem_alloc");
  if (control().note_call_site) note_call_site();
  if (desc->kind == HAL_MEM_DEVICE_MAPPED) throw Failure(HAL_ERR_UNSUPPORTED, "the fake does not have DEVICE_MAPPED");
  if (desc->size_bytes > device->capacity)
    throw Failure(HAL_ERR_OUT_OF_MEMORY, "the fake has " + std::to_string(device->capacity) + " bytes");
  void *data = ::mmap(nullptr, desc->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw Failure(HAL_ERR_OUT_OF_MEMORY, "mmap failed", {}, errno, "errno");
  *mem = new hal_pmem_s{data, desc->size_bytes, true};
  describe(**mem, desc->kind, info);
  adopt(device, device->memories, *mem, control().live_memories);
}

void mem_free(hal_pdev_t device, hal_pmem_t mem) {
  const hal_status_t requested = control().fail_free;
  if (requested != HAL_ERR_KERNEL_FAULT) fail_if_requested(control().fail_free, "mem_free");
  release(device, mem);
  fail_if_requested(control().fail_free, "mem_free, after it has freed the memory");
}

void device_check(hal_pdev_t /*device*/) { fail_if_requested(control().fail_check, "device_check"); }

void mem_register(hal_pdev_t device, const hal_mem_desc_t *desc, hal_pmem_t *mem, hal_pmem_info_v1_t *info) {
  wait_while(control().block_register, control().inside_register);
  fail_if_requested(control().fail_register, "mem_register");
  *mem = new hal_pmem_s{desc->host_ptr, desc->size_bytes, false};
  describe(**mem, HAL_MEM_HOST_IMPORTED, info);
  adopt(device, device->memories, *mem, control().live_memories);
}

void mem_unregister(hal_pdev_t device, hal_pmem_t mem) {
  const hal_status_t requested = control().fail_unregister.exchange(0);
  if (requested != HAL_OK && requested != HAL_ERR_FAILED_PRECONDITION)
    throw Failure(requested, "a test requested a failure of mem_unregister");
  release(device, mem);
  if (requested != HAL_OK) throw Failure(requested, "the caller has unmapped the range");
}

void mem_sync(hal_pdev_t /*device*/, hal_pmem_t /*mem*/, std::uint64_t /*offset*/, std::uint64_t /*size*/,
              hal_sync_t /*direction*/) {
  ++control().syncs;
}

void stream_create(hal_pdev_t device, std::uint32_t /*flags*/, hal_pstream_t *stream) {
  fail_if_requested(control().fail_stream_create, "stream_create");
  *stream = new hal_pstream_s;
  adopt(device, device->streams, *stream, control().live_streams);
}

Failure with_fault(Failure failure) {
  return std::move(failure).of_kernel({.kernel = hal::fake::kFaultKernel,
                                       .block = hal::fake::kFaultBlock,
                                       .address = hal::fake::kFaultAddress,
                                       .access = HAL_FAULT_WRITE});
}

hal_status_t ending(const hal_pstream_s &stream, std::uint64_t ticket) {
  if (stream.failed_at == 0 || ticket < stream.failed_at) return HAL_OK;
  if (ticket > stream.failed_at) throw Failure(HAL_ERR_CANCELLED, "cancelled after a failure");
  const Failure failure(stream.failure, "injected by the test", "look at the test", 7, "fake");
  throw control().report_fault ? with_fault(failure) : failure;
}

hal_status_t stream_wait(hal_pdev_t /*device*/, hal_pstream_t stream, std::uint64_t ticket, std::uint64_t timeout_ns) {
  if (control().report_and_succeed.exchange(false)) {
    (void)with_fault(Failure(HAL_ERR_KERNEL_FAULT, "of a kernel that was run again")).report();
    return HAL_OK;
  }
  if (const hal_status_t status = control().fail_wait_silently.exchange(0); status != HAL_OK) return status;
  const auto start = std::chrono::steady_clock::now();
  ++control().inside_wait;
  while (control().hold) {
    const auto passed = std::chrono::steady_clock::now() - start;
    if (timeout_ns != HAL_TIMEOUT_FOREVER && passed >= std::chrono::nanoseconds(timeout_ns)) {
      --control().inside_wait;
      return HAL_ERR_TIMEOUT;
    }
    std::this_thread::yield();
  }
  --control().inside_wait;
  const std::lock_guard lock(stream->mutex);
  return ending(*stream, ticket);
}

hal_status_t stream_query(hal_pdev_t /*device*/, hal_pstream_t stream, std::uint64_t *completed) {
  const std::lock_guard lock(stream->mutex);
  *completed = control().hold ? 0 : last_good_ticket(*stream);
  return control().hold || stream->failed_at == 0 ? HAL_OK : ending(*stream, stream->failed_at);
}

void copy(hal_pdev_t /*device*/, hal_pstream_t stream, const hal_copy_v1_t *copy, std::uint64_t *ticket) {
  const auto at = [](hal_pmem_t mem, std::uint64_t offset) { return static_cast<char *>(mem->data) + offset; };
  void *to = copy->dst != nullptr ? at(copy->dst, copy->dst_offset_bytes) : copy->dst_host;
  const void *from = copy->src != nullptr ? at(copy->src, copy->src_offset_bytes) : copy->src_host;
  std::memmove(to, from, copy->size_bytes);
  *ticket = submit(stream);
}

void fill(hal_pdev_t /*device*/, hal_pstream_t stream, hal_pmem_t dst, std::uint64_t offset, std::uint64_t size,
          std::uint8_t value, std::uint64_t *ticket) {
  std::memset(static_cast<char *>(dst->data) + offset, value, size);
  *ticket = submit(stream);
}

void executable_load(hal_pdev_t device, const void *data, std::uint64_t size, const char *label,
                     hal_pexec_t *executable) {
  if (std::string_view(static_cast<const char *>(data), size).substr(0, kMagic.size()) != kMagic)
    throw Failure(HAL_ERR_INVALID_ARGUMENT, std::string(label) + " is not an object of the fake backend");
  *executable = new hal_pexec_s;
  adopt(device, device->executables, *executable, control().live_executables);
}

// "cube" runs on AIC with convention C; names that start with "no" do not exist.
void kernel_find(hal_pdev_t /*device*/, hal_pexec_t executable, const char *name, hal_pkernel_t *kernel,
                 hal_kernel_info_t *info) {
  if (std::string_view(name).starts_with("no")) throw Failure(HAL_ERR_NOT_FOUND, std::string("no kernel ") + name);
  const std::lock_guard lock(executable->mutex);
  hal_pkernel_s &found = executable->kernels[name];
  found.name = name;
  *kernel = &found;
  info->name = found.name.c_str();
  if (found.name == "cube") {
    info->engine = HAL_ENGINE_AIC;
    info->convention = HAL_CONVENTION_C;
    info->flags = HAL_KERNEL_USES_TILE_LIBRARY;
  }
}

void launch(hal_pdev_t /*device*/, hal_pstream_t stream, const hal_launch_v1_t *launch, std::uint64_t *ticket) {
  {
    const std::lock_guard lock(stream->mutex);
    hal::fake::Launch &seen = control().launch;
    seen.block_count = launch->block_count;
    seen.convention = launch->convention;
    seen.engine = launch->engine;
    seen.timeout_ns = launch->timeout_ns;
    seen.arg_count = launch->arg_count;
    if (seen.tag != launch->tag) seen.tag = launch->tag;
    std::copy_n(launch->words, launch->arg_count, seen.words.begin());
    std::copy_n(launch->sizes_bytes, launch->arg_count, seen.sizes.begin());
    std::copy_n(launch->args, launch->arg_count, seen.args.begin());
  }
  *ticket = submit(stream);
}

constexpr hal_plugin_ops_v1_t kOperations = {
    .struct_size = sizeof(hal_plugin_ops_v1_t),
    .reserved0 = 0,
    .probe = thunk<&probe>,
    .device_count = thunk<&device_count>,
    .device_open = thunk<&device_open>,
    .device_close = &device_close,
    .device_info = thunk<&device_info>,
    .device_query = thunk<&device_query>,
    .device_reset = thunk<&device_reset>,
    .mem_query = thunk<&mem_query>,
    .mem_alloc = thunk<&mem_alloc>,
    .mem_free = thunk<&mem_free>,
    .mem_register = thunk<&mem_register>,
    .mem_unregister = thunk<&mem_unregister>,
    .mem_sync = thunk<&mem_sync>,
    .stream_create = thunk<&stream_create>,
    .stream_destroy = thunk<&stream_destroy>,
    .stream_wait = thunk<&stream_wait>,
    .stream_query = thunk<&stream_query>,
    .copy = thunk<&copy>,
    .fill = thunk<&fill>,
    .executable_load = thunk<&executable_load>,
    .executable_unload = thunk<&executable_unload>,
    .kernel_find = thunk<&kernel_find>,
    .launch = thunk<&launch>,
    .explain_native = thunk<&hal::fake::explain_native>,
    .diagnose = thunk<&hal::fake::diagnose>,
    .device_check = thunk<&device_check>,
};

}  // namespace

const hal_plugin_ops_v1_t &hal::fake::operations() { return kOperations; }

hal::fake::Control &hal::fake::control() { return ::control(); }
