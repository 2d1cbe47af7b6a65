// SPDX-License-Identifier: Apache-2.0
#include "objects/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "objects/device_children.hpp"

namespace hal::core {
namespace {

constexpr std::size_t kMaxCancelled = 64;

hal_status_t fail_unfinished(const Stream &stream) {
  return fail(HAL_ERR_BUSY,
              fmt::format("stream {:#x} has unfinished work: ticket {}", stream.handle(), stream.last_ticket()),
              "wait for its last ticket first");
}

}  // namespace

bool Stream::was_cancelled(std::uint64_t ticket) const noexcept {
  return std::any_of(cancelled_.begin(), cancelled_.end(),
                     [=](const auto &range) { return range.first < ticket && ticket <= range.second; });
}

hal_status_t Stream::check_usable() const {
  if (pstream_ != nullptr) [[likely]]
    return HAL_OK;
  return fail(HAL_ERR_DEVICE_LOST,
              fmt::format("device {} has had no stream of its own since its reset failed", device_.name()),
              "reset the device again, or close it");
}

hal_status_t Stream::wait_in_plugin(std::uint64_t ticket, std::uint64_t timeout_ns) {
  const auto operation = device_.plugin().ops().stream_wait;
  if (operation == nullptr) return device_.plugin().fail_missing("stream_wait");
  hal_status_t status = HAL_OK;
  try {
    status = operation(device_.pdev(), pstream_, ticket - base_, timeout_ns);
  } catch (...) {
    return device_.plugin().fail_thrown("stream_wait");
  }
  if (status == HAL_OK) {
    raise_to(done_, ticket);
    return HAL_OK;
  }
  if (status == HAL_ERR_DEVICE_LOST) device_.set_lost(true);
  if (status == HAL_ERR_TIMEOUT && !has_staged_error())
    return fail(status, fmt::format("ticket {} of stream {:#x} is not done after {} ns", ticket, handle_, timeout_ns),
                "wait again, or longer");
  return device_.plugin().fail_operation("stream_wait", status);
}

hal_status_t Stream::wait(std::uint64_t ticket, std::uint64_t timeout_ns) {
  if (ticket == 0 || ticket > last_ticket())
    return fail(
        HAL_ERR_INVALID_ARGUMENT,
        fmt::format("ticket {} of stream {:#x} does not exist; the last one is {}", ticket, handle_, last_ticket()),
        "wait for a ticket that a submit to this stream returned");
  if (ticket <= base_ && was_cancelled(ticket)) [[unlikely]]
    return fail(HAL_ERR_CANCELLED,
                fmt::format("ticket {} of stream {:#x} was cancelled by hal_device_reset", ticket, handle_),
                "submit the work again");
  if (ticket <= base_ || ticket <= known_done()) return HAL_OK;
  return wait_in_plugin(ticket, timeout_ns);
}

hal_status_t Stream::query(std::uint64_t *completed) {
  if (const hal_status_t status = check_usable(); status != HAL_OK) return status;
  std::uint64_t done = 0;
  const hal_status_t status = device_.call<&Ops::stream_query>("stream_query", pstream_, &done);
  *completed = std::max(base_ + done, known_done());
  raise_to(done_, base_ + done);
  return status;
}

bool Stream::is_done(std::uint64_t ticket) {
  if (ticket <= base_ || ticket <= known_done() || device_.is_lost() || pstream_ == nullptr) return true;
  const QuietErrors quiet;
  std::uint64_t completed = 0;
  const hal_status_t status = query(&completed);
  if (ticket <= completed || device_.is_lost()) return true;
  if (status == HAL_OK) return false;
  // After a failure the count no longer rises: only a wait for this ticket shows whether it completed.
  return wait_in_plugin(ticket, HAL_TIMEOUT_POLL) != HAL_ERR_TIMEOUT;
}

void Stream::restart(hal_pstream_t pstream, std::uint64_t done_before) {
  const std::uint64_t last = last_ticket();
  if (done_before < last) cancelled_.emplace_back(std::max(done_before, base_), last);
  if (cancelled_.size() > kMaxCancelled) {  // merge the oldest two, with the tickets between them
    cancelled_[1].first = cancelled_[0].first;
    cancelled_.erase(cancelled_.begin());
  }
  base_ = last;
  done_.store(last, std::memory_order_release);
  pstream_ = pstream;
}

hal_status_t pin_submit_stream(Device &device, hal_stream_t stream, Pin<Stream> &pin) {
  const auto handle = stream != nullptr ? stream : make_handle<hal_stream_t>(device.own_stream().handle());
  if (const hal_status_t status = pin.acquire(handle, "stream"); status != HAL_OK) return status;
  if (&pin->device() != &device)
    return fail(HAL_ERR_INVALID_ARGUMENT,
                fmt::format("stream {:#x} belongs to device {}, the other objects to device {}", handle_value(stream),
                            pin->device().name(), device.name()),
                "use objects of one device in one call");
  return pin->check_usable();
}

hal_status_t create_plugin_stream(Device &device, std::uint32_t flags, hal_pstream_t *pstream) {
  return device.call<&Ops::stream_create>("stream_create", flags, pstream);
}

hal_status_t create_stream(Device &device, std::uint32_t flags, hal_stream_t *handle) {
  SlotReservation slot(Stream::kType);
  auto stream = std::make_unique<Stream>(device, nullptr, slot.handle());
  hal_pstream_t pstream = nullptr;
  if (const hal_status_t status = create_plugin_stream(device, flags, &pstream); status != HAL_OK) return status;
  stream->restart(pstream, 0);
  device.children().add(*stream);
  *handle = make_handle<hal_stream_t>(stream->handle());
  slot.publish(stream.release());
  return HAL_OK;
}

hal_status_t destroy_stream(Pin<Stream> &pin) {
  if (pin->is_own())
    return fail(HAL_ERR_INVALID_ARGUMENT, fmt::format("stream {:#x} is the device's own", pin->handle()),
                "do not destroy it: closing the device does");
  if (!pin->is_done(pin->last_ticket())) return fail_unfinished(*pin);
  if (!pin.claim())
    return fail(HAL_ERR_BUSY, fmt::format("another thread is inside a call on stream {:#x}", pin->handle()),
                "finish the calls on a stream before destroying it");
  if (!pin->is_done(pin->last_ticket())) {
    pin.unclaim();
    return fail_unfinished(*pin);
  }
  Device &device = pin->device();
  const hal_status_t status = device.call<&Ops::stream_destroy>("stream_destroy", pin->pstream());
  if (status != HAL_OK && status != HAL_ERR_DEVICE_LOST) {
    pin.unclaim();
    return status;
  }
  device.children().remove(*pin);
  delete pin.release();
  return HAL_OK;
}

}  // namespace hal::core
