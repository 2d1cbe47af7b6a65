// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "api/api_call.hpp"
#include "objects/mem_rules.hpp"
#include "objects/memory.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

// The memory of a copy or fill, in use until its ticket is done.
struct Side {
  Pin<Memory> memory;
  InFlight::Entry *entry = nullptr;

  void hold(const Stream &stream) { entry = &memory->users().entry_for(stream.handle()); }
  void note(std::uint64_t ticket) noexcept { InFlight::note(*entry, ticket); }
};

hal_status_t check_copyable(const Memory &memory, const char *argument) {
  if (memory.kind() == HAL_MEM_DEVICE || memory.kind() == HAL_MEM_DEVICE_MAPPED) return HAL_OK;
  const char *hint = memory.kind() == HAL_MEM_HOST_PINNED ? "pass its host pointer as the copy's host side"
                                                          : "use its host pointer, since the host shares this memory";
  return fail(HAL_ERR_INVALID_ARGUMENT,
              fmt::format("{} is {}, which copies and fills do not accept", argument, memory.describe()), hint);
}

hal_status_t pin_side(Side &side, hal_mem_t mem, std::uint64_t offset, std::uint64_t size, const char *argument) {
  if (const hal_status_t status = side.memory.acquire(mem, argument); status != HAL_OK) return status;
  if (size == 0) return fail(HAL_ERR_INVALID_ARGUMENT, "size_bytes is 0", "copy at least one byte");
  if (const hal_status_t status = check_copyable(*side.memory, argument); status != HAL_OK) return status;
  return check_inside(*side.memory, offset, size, argument);
}

// A device address passed as a host pointer would crash the host, or copy the wrong bytes.
hal_status_t check_host_side(Device &device, const void *pointer, std::uint64_t size, const char *argument) {
  const auto start = reinterpret_cast<std::uint64_t>(pointer);
  if (start == 0) return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} is NULL", argument), "pass host memory");
  if (start > UINT64_MAX - size)
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("{} {:#x} + {} bytes overflows", argument, start, size),
                "check the computation of the size");
  if (!device.addresses().is_device_only(start, size)) return HAL_OK;
  return fail(HAL_ERR_INVALID_ARGUMENT,
              fmt::format("{} {:#x} + {} bytes is a device address of device {}, not host memory", argument, start,
                          size, device.name()),
              "use the memory's host pointer, or hal_copy_on_device with its handle");
}

hal_status_t submit_copy(Stream &stream, const hal_copy_v1_t &copy, std::uint64_t &ticket) {
  std::uint64_t given = 0;
  const hal_status_t status = stream.device().call<&Ops::copy>("copy", stream.pstream(), &copy, &given);
  if (status == HAL_OK) ticket = stream.submitted(given);
  return status;
}

hal_copy_v1_t copy_of(std::uint32_t direction, std::uint64_t size) {
  hal_copy_v1_t copy = {};
  copy.struct_size = sizeof(copy);
  copy.direction = direction;
  copy.size_bytes = size;
  return copy;
}

hal_status_t finish(hal_status_t status, std::uint64_t ticket, std::uint64_t *out) {
  if (status == HAL_OK && out != nullptr) *out = ticket;
  return status;
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_copy_to_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, const void *src,
                                uint64_t size_bytes, uint64_t *ticket) {
  return api_call(__func__, [&]() -> hal_status_t {
    Side side;
    Pin<Stream> queue;
    hal_status_t status = pin_side(side, dst, dst_offset_bytes, size_bytes, "dst");
    if (status == HAL_OK) status = pin_submit_stream(side.memory->device(), stream, queue);
    if (status == HAL_OK) status = check_host_side(queue->device(), src, size_bytes, "src");
    if (status != HAL_OK) return status;
    side.hold(*queue);
    hal_copy_v1_t copy = copy_of(HAL_COPY_TO_DEVICE, size_bytes);
    copy.dst = side.memory->pmem();
    copy.dst_offset_bytes = dst_offset_bytes;
    copy.src_host = src;
    std::uint64_t given = 0;
    status = submit_copy(*queue, copy, given);
    if (status == HAL_OK) side.note(given);
    return finish(status, given, ticket);
  });
}

hal_status_t hal_copy_from_device(hal_stream_t stream, void *dst, hal_mem_t src, uint64_t src_offset_bytes,
                                  uint64_t size_bytes, uint64_t *ticket) {
  return api_call(__func__, [&]() -> hal_status_t {
    Side side;
    Pin<Stream> queue;
    hal_status_t status = pin_side(side, src, src_offset_bytes, size_bytes, "src");
    if (status == HAL_OK) status = pin_submit_stream(side.memory->device(), stream, queue);
    if (status == HAL_OK) status = check_host_side(queue->device(), dst, size_bytes, "dst");
    if (status != HAL_OK) return status;
    side.hold(*queue);
    hal_copy_v1_t copy = copy_of(HAL_COPY_FROM_DEVICE, size_bytes);
    copy.dst_host = dst;
    copy.src = side.memory->pmem();
    copy.src_offset_bytes = src_offset_bytes;
    std::uint64_t given = 0;
    status = submit_copy(*queue, copy, given);
    if (status == HAL_OK) side.note(given);
    return finish(status, given, ticket);
  });
}

hal_status_t hal_copy_on_device(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, hal_mem_t src,
                                uint64_t src_offset_bytes, uint64_t size_bytes, uint64_t *ticket) {
  return api_call(__func__, [&]() -> hal_status_t {
    Side to;
    Side from;
    Pin<Stream> queue;
    hal_status_t status = pin_side(to, dst, dst_offset_bytes, size_bytes, "dst");
    if (status == HAL_OK) status = pin_side(from, src, src_offset_bytes, size_bytes, "src");
    if (status != HAL_OK) return status;
    if (&to.memory->device() != &from.memory->device())
      return fail(HAL_ERR_INVALID_ARGUMENT,
                  fmt::format("dst belongs to device {}, src to device {}", to.memory->device().name(),
                              from.memory->device().name()),
                  "copy between devices through host memory");
    status = pin_submit_stream(to.memory->device(), stream, queue);
    if (status != HAL_OK) return status;
    to.hold(*queue);
    from.hold(*queue);
    hal_copy_v1_t copy = copy_of(HAL_COPY_ON_DEVICE, size_bytes);
    copy.dst = to.memory->pmem();
    copy.dst_offset_bytes = dst_offset_bytes;
    copy.src = from.memory->pmem();
    copy.src_offset_bytes = src_offset_bytes;
    std::uint64_t given = 0;
    status = submit_copy(*queue, copy, given);
    if (status == HAL_OK) {
      to.note(given);
      from.note(given);
    }
    return finish(status, given, ticket);
  });
}

hal_status_t hal_fill(hal_stream_t stream, hal_mem_t dst, uint64_t dst_offset_bytes, uint64_t size_bytes, uint8_t value,
                      uint64_t *ticket) {
  return api_call(__func__, [&]() -> hal_status_t {
    Side side;
    Pin<Stream> queue;
    hal_status_t status = pin_side(side, dst, dst_offset_bytes, size_bytes, "dst");
    if (status == HAL_OK) status = pin_submit_stream(side.memory->device(), stream, queue);
    if (status != HAL_OK) return status;
    side.hold(*queue);
    std::uint64_t given = 0;
    status = queue->device().call<&Ops::fill>("fill", queue->pstream(), side.memory->pmem(), dst_offset_bytes,
                                              size_bytes, value, &given);
    if (status != HAL_OK) return status;
    const std::uint64_t submitted = queue->submitted(given);
    side.note(submitted);
    return finish(HAL_OK, submitted, ticket);
  });
}
