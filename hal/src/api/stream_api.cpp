// SPDX-License-Identifier: Apache-2.0
#include "objects/stream.hpp"

#include <fmt/format.h>

#include "api/api_call.hpp"
#include "diagnostics/struct_rules.hpp"

using namespace hal::core;

hal_status_t hal_device_stream(hal_device_t device, hal_stream_t *stream) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (stream == nullptr) return fail_null("stream");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    *stream = make_handle<hal_stream_t>(pin->own_stream().handle());
    return HAL_OK;
  });
}

hal_status_t hal_stream_create(hal_device_t device, uint32_t flags, hal_stream_t *stream) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (stream == nullptr) return fail_null("stream");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    if (flags != 0)
      return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("flags is {:#x}", flags), "this draft has no flags: pass 0");
    return create_stream(*pin, flags, stream);
  });
}

hal_status_t hal_stream_destroy(hal_stream_t stream) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Stream> pin(stream, "stream");
    return pin ? destroy_stream(pin) : pin.status();
  });
}

hal_status_t hal_stream_wait(hal_stream_t stream, uint64_t ticket, uint64_t timeout_ns) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Stream> pin(stream, "stream");
    return pin ? pin->wait(ticket, timeout_ns) : pin.status();
  });
}

hal_status_t hal_stream_query(hal_stream_t stream, uint64_t *completed) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (completed == nullptr) return fail_null("completed");
    const Pin<Stream> pin(stream, "stream");
    return pin ? pin->query(completed) : pin.status();
  });
}
