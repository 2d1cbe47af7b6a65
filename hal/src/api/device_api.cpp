// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "api/api_call.hpp"
#include "api/backend.hpp"
#include "diagnostics/struct_rules.hpp"
#include "objects/device_children.hpp"
#include "objects/device_table.hpp"
#include "objects/stream.hpp"

namespace hal::core {
namespace {

struct PendingStream {
  std::uint64_t handle;
  std::uint64_t ticket;
};

std::vector<PendingStream> pending_streams(Device &device) {
  std::vector<PendingStream> pending;
  pending.push_back({device.own_stream().handle(), device.own_stream().last_ticket()});
  device.children().visit([&](auto & /*memories*/, auto &streams, auto & /*executables*/) {
    for (const Stream &stream : streams) pending.push_back({stream.handle(), stream.last_ticket()});
  });
  return pending;
}

// The rest of a time-out that several waits share.
class Deadline {
 public:
  explicit Deadline(std::uint64_t timeout_ns) : timeout_ns_(timeout_ns), start_(std::chrono::steady_clock::now()) {}

  std::uint64_t left_ns() const {
    if (timeout_ns_ == HAL_TIMEOUT_FOREVER || timeout_ns_ == HAL_TIMEOUT_POLL) return timeout_ns_;
    const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_);
    const auto passed_ns = static_cast<std::uint64_t>(passed.count());
    return passed_ns < timeout_ns_ ? timeout_ns_ - passed_ns : HAL_TIMEOUT_POLL;
  }

 private:
  std::uint64_t timeout_ns_;
  std::chrono::steady_clock::time_point start_;
};

// The failure of the stream's first failed ticket. A wait for a later ticket only returns CANCELLED or DEVICE_LOST.
hal_status_t root_failure(Stream &stream, hal_status_t waited) {
  if (waited != HAL_ERR_DEVICE_LOST && waited != HAL_ERR_CANCELLED) return waited;
  std::uint64_t completed = 0;
  const hal_status_t status = stream.query(&completed);
  return status != HAL_OK ? status : waited;
}

// Waits for all streams, even if one fails. Returns the failure that caused the others, if it is known.
hal_status_t wait_for_all(Device &device, std::uint64_t timeout_ns) {
  const Deadline deadline(timeout_ns);
  hal_status_t first = HAL_OK;
  ErrorRecord failure;
  for (const PendingStream &pending : pending_streams(device)) {
    Pin<Stream> stream;
    if (pending.ticket == 0 || stream.try_acquire(pending.handle) != PinAnswer::kOk) continue;
    drop_staged_error();  // of an earlier stream whose wait succeeded
    const hal_status_t waited = stream->wait(pending.ticket, deadline.left_ns());
    if (waited == HAL_OK) continue;
    const hal_status_t status = root_failure(*stream, waited);
    if (first != HAL_OK && (first != HAL_ERR_DEVICE_LOST || status == HAL_ERR_DEVICE_LOST)) continue;
    first = status;
    failure = last_error();
  }
  if (first != HAL_OK) restore_error(failure);
  return first;
}

hal_status_t describe(Device &device, hal_device_info_t &info) {
  info = {};
  info.struct_size = sizeof(info);
  const hal_status_t status = device.call<&Ops::device_info>("device_info", &info);
  info.ordinal = device.ordinal();
  info.backend = device.plugin().name().c_str();
  for (const char **text : {&info.name, &info.soc, &info.arch, &info.executable_format, &info.native_api})
    if (*text == nullptr) *text = "";
  return status;
}

}  // namespace
}  // namespace hal::core

using namespace hal::core;

hal_status_t hal_device_count(hal_backend_t backend, uint32_t *count) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (count == nullptr) return fail_null("count");
    const Pin<Backend> pin(backend, "backend");
    if (!pin) return pin.status();
    std::uint32_t devices = 0;
    const hal_status_t status = pin->plugin->call<&Ops::device_count>("device_count", pin->plugin->self(), &devices);
    if (status == HAL_OK) *count = devices;
    return status;
  });
}

hal_status_t hal_device_open(hal_backend_t backend, uint32_t ordinal, hal_device_t *device) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (device == nullptr) return fail_null("device");
    const Pin<Backend> pin(backend, "backend");
    if (!pin) return pin.status();
    return open_device(*pin->plugin, ordinal == HAL_DEVICE_DEFAULT ? pin->default_ordinal : ordinal, device);
  });
}

hal_status_t hal_device_close(hal_device_t device) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Device> pin(device, "device");
    return pin ? close_device(pin) : pin.status();
  });
}

hal_status_t hal_device_info(hal_device_t device, hal_device_info_t *info) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    hal_device_info_t answer;
    if (const hal_status_t status = describe(*pin, answer); status != HAL_OK) return status;
    return write_struct(info, answer, "info");
  });
}

hal_status_t hal_device_query(hal_device_t device, hal_property_t property, uint64_t *value) {
  return api_call(__func__, [&]() -> hal_status_t {
    if (value == nullptr) return fail_null("value");
    const Pin<Device> pin(device, "device");
    if (!pin) return pin.status();
    std::uint64_t answer = 0;
    const hal_status_t status = pin->call<&Ops::device_query>("device_query", property, &answer);
    if (status == HAL_OK) *value = answer;
    return status;
  });
}

hal_status_t hal_device_reset(hal_device_t device) {
  return api_call(__func__, [&]() -> hal_status_t {
    Pin<Device> pin(device, "device");
    return pin ? reset_device(pin) : pin.status();
  });
}

hal_status_t hal_device_wait(hal_device_t device, uint64_t timeout_ns) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    return pin ? wait_for_all(*pin, timeout_ns) : pin.status();
  });
}

hal_status_t hal_device_check(hal_device_t device) {
  return api_call(__func__, [&]() -> hal_status_t {
    const Pin<Device> pin(device, "device");
    return pin ? pin->call<&Ops::device_check>("device_check") : pin.status();
  });
}
