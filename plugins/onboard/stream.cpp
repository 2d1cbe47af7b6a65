// SPDX-License-Identifier: Apache-2.0
#include "onboard/stream.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "onboard/device.hpp"
#include "onboard/timeout.hpp"

namespace hal::onboard {
namespace {

constexpr std::int32_t kStopTimeoutMs = 10'000;  // if the work cannot be aborted

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

// The rest of a wait that began at `start`.
std::uint64_t remaining(std::uint64_t timeout_ns, std::uint64_t start) {
  if (timeout_ns == HAL_TIMEOUT_FOREVER) return timeout_ns;
  const std::uint64_t elapsed = now_ns() - start;
  return elapsed < timeout_ns ? timeout_ns - elapsed : 0;
}

bool is_of_a_kernel(hal_status_t status) { return status == HAL_ERR_KERNEL_FAULT || status == HAL_ERR_KERNEL_TIMEOUT; }

}  // namespace

Stream::Stream(Device &device) : device_(device) {
  device.throw_if_lost();
  const ContextGuard context = device.enter();
  plugin::fault_point("onboard.stream");
  check(
      device.api(), device.api().stream_create, [] { return std::string(); }, &handle_);
}

Stream::~Stream() {
  const VendorApi &api = device_.api();
  int code = kOk;
  for (const auto &event : events_)
    if (const int destroyed = api.event_destroy(event->handle); destroyed != kOk) code = destroyed;
  if (const int destroyed = api.stream_destroy(handle_); destroyed != kOk) code = destroyed;
  if (code == kOk) return;
  drop_recent_error(api);
  if (!device_.lost()) plugin::log(HAL_LOG_WARN, "releasing a stream returned " + std::to_string(code));
}

// Aborts only a stream that has unfinished work, because a stream may be unusable after an abort.
bool Stream::stop() noexcept {
  const VendorApi &api = device_.api();
  if (api.stream_synchronize(handle_, 1) == kOk) return true;
  drop_recent_error(api);
  if (api.stream_abort && api.stream_abort(handle_) == kOk) return true;
  drop_recent_error(api);
  const int code = api.stream_synchronize(handle_, kStopTimeoutMs);
  if (code == kOk) return true;
  drop_recent_error(api);
  if (status_of(code) != HAL_ERR_TIMEOUT) return true;  // the work has failed and no longer runs
  plugin::log(HAL_LOG_ERROR, "the work of a stream could not be stopped: " + std::string(api.stream_synchronize.name) +
                                 " returned " + std::to_string(code) + " after " + std::to_string(kStopTimeoutMs) +
                                 " ms");
  return false;
}

// ---- submits -------------------------------------------------------------------------------------------------------

Stream::Submit::Submit(Stream &stream, LaunchMark launch)
    : stream_(stream), launch_(std::move(launch)), order_(stream.order_) {
  stream_.device_.throw_if_lost();
  event_ = stream_.take_event();
}

Stream::Submit::~Submit() {
  if (event_ == nullptr) return;
  const std::lock_guard lock(stream_.state_);
  stream_.free_events_.push_back(event_);
}

// If the runtime refuses new work, this may be the first report that earlier work failed.
void Stream::Submit::refused(const plugin::Failure &failure) {
  const bool by_launch = is_of_a_kernel(failure.status());
  if (!by_launch && failure.status() != HAL_ERR_DEVICE_LOST) return;
  launch_ = LaunchMark();  // this launch was not queued
  const std::lock_guard lock(stream_.state_);
  stream_.fail(failure, by_launch);
}

std::uint64_t Stream::Submit::finish() {
  const VendorApi &api = stream_.device_.api();
  const int code = api.event_record(event_->handle, stream_.handle_);
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(stream_.state_);
    ticket = ++stream_.submitted_;
    stream_.pending_.push_back({ticket, std::move(launch_), code == kOk ? event_ : nullptr});
  }
  if (code != kOk) {
    settle(ticket, code);
  } else {
    event_ = nullptr;
  }
  return ticket;
}

// The work is queued but has no event. Wait for it here, so that the caller does not free memory that it uses.
void Stream::Submit::settle(std::uint64_t ticket, int code) {
  const VendorApi &api = stream_.device_.api();
  plugin::log(HAL_LOG_WARN, vendor_failure(api, api.event_record.name, "", code).what());
  const int waited = api.stream_synchronize(stream_.handle_, kWaitForever);
  const std::lock_guard lock(stream_.state_);
  if (waited == kOk)
    stream_.complete(ticket);
  else
    stream_.fail(waited, api.stream_synchronize.name);
}

Stream::Event *Stream::take_event() {
  {
    const std::lock_guard lock(state_);
    advance();
    device_.throw_if_lost();
    if (!free_events_.empty()) {
      Event *event = free_events_.back();
      free_events_.pop_back();
      event->passed = false;
      return event;
    }
    free_events_.reserve(events_.size() + 1);  // so that push_back never allocates
    events_.reserve(events_.size() + 1);
  }
  plugin::fault_point("onboard.event");
  auto event = std::make_unique<Event>();
  check(
      device_.api(), device_.api().event_create, [] { return std::string("capture stream progress"); }, &event->handle,
      kEventCaptureStreamProgress);
  const std::lock_guard lock(state_);
  return events_.emplace_back(std::move(event)).get();
}

// The caller holds state_. This also holds for the functions below that do not lock it.
void Stream::give_event(Event *event) {
  if (event == nullptr) return;
  event->passed = true;
  if (event->waiters == 0) free_events_.push_back(event);
}

// ---- completion ----------------------------------------------------------------------------------------------------

// An event also completes after failed work. So completed events count only if the stream reports no error afterwards.
void Stream::advance() {
  const VendorApi &api = device_.api();
  std::uint64_t passed = completed_;
  for (const Pending &pending : pending_) {
    std::int32_t status = 0;
    if (pending.event == nullptr) break;
    if (const int code = api.event_query(pending.event->handle, &status); code != kOk)
      return fail(code, api.event_query.name);
    if (status != kEventComplete) break;
    passed = pending.ticket;
  }
  if (passed == completed_) return;
  if (const int code = stream_error(); code != kOk) return fail(code, api.stream_query.name);
  complete(passed);
}

int Stream::stream_error() const {
  std::int32_t status = 0;
  return device_.api().stream_query ? device_.api().stream_query(handle_, &status) : kOk;
}

void Stream::complete(std::uint64_t ticket) {
  while (!pending_.empty() && pending_.front().ticket <= ticket) {
    give_event(pending_.front().event);
    completed_ = pending_.front().ticket;
    pending_.pop_front();
  }
}

void Stream::fail(int code, const char *function) {
  const plugin::Failure failure = vendor_failure(device_.api(), function, "", code);
  fail(failure, is_of_a_kernel(failure.status()));
}

// The runtime does not report which work failed. A kernel's failure is assigned to the oldest unfinished launch, any
// other failure to the oldest unfinished ticket. Later tickets do not complete.
void Stream::fail(const plugin::Failure &failure, bool by_launch) {
  const bool first = device_.lose(failure.what());
  if (failure_ || pending_.empty()) return;
  auto culprit = pending_.begin();
  if (by_launch)
    culprit =
        std::find_if(pending_.begin(), pending_.end(), [](const Pending &pending) { return bool{pending.launch}; });
  if (culprit == pending_.end()) culprit = pending_.begin();
  failed_ = culprit->ticket;
  failure_ = by_launch && first ? named(failure, *culprit) : failure;
  complete(failed_ - 1);
  for (const Pending &pending : pending_) give_event(pending.event);
  pending_.clear();
}

// Adds the kernel's name if it is certain: a core failed, and no other launch was running. Use it only for the device's
// first failure: a later one may be the same failure, reported by another stream.
plugin::Failure Stream::named(const plugin::Failure &failure, const Pending &culprit) const {
  if (!culprit.launch || !is_of_a_core(failure.native_code()) || !device_.has_one_launch()) return failure;
  plugin::KernelFault fault = failure.kernel_fault().value_or(plugin::KernelFault{});
  fault.kernel = culprit.launch.kernel();
  plugin::Failure named(failure.status(), "kernel " + fault.kernel + ": " + failure.what(), failure.hint(),
                        failure.native_code(), failure.native_domain());
  return std::move(named).of_kernel(std::move(fault));
}

bool Stream::settled(std::uint64_t ticket) const {
  if (ticket <= completed_) return true;
  if (!failure_ || ticket < failed_) return false;
  if (ticket == failed_) throw *failure_;
  throw plugin::Failure(HAL_ERR_DEVICE_LOST,
                        "ticket " + std::to_string(ticket) + " was not completed because ticket " +
                            std::to_string(failed_) + " before it failed: " + failure_->what(),
                        "reset the device (hal_device_reset), then submit the work again");
}

// Another stream's failure made the device lost while this stream had work.
void Stream::throw_if_lost_with_work() {
  if (failure_ || pending_.empty() || !device_.lost()) return;
  fail(device_.loss(), false);
}

// ---- waits ---------------------------------------------------------------------------------------------------------

void Stream::query(std::uint64_t *completed) {
  const std::lock_guard order(state_);
  if (!pending_.empty() && !device_.lost()) {
    const ContextGuard context = device_.enter();
    advance();
  }
  throw_if_lost_with_work();
  *completed = completed_;
  if (failure_) throw *failure_;
}

void Stream::wait(std::uint64_t ticket, std::uint64_t timeout_ns) {
  const std::uint64_t start = now_ns();
  for (;;) {
    {
      const std::lock_guard lock(state_);
      if (settled(ticket)) return;
      if (!device_.lost()) {
        const ContextGuard context = device_.enter();
        advance();
      }
      throw_if_lost_with_work();
      if (settled(ticket)) return;
    }
    const std::uint64_t left = remaining(timeout_ns, start);
    if (left == 0) throw timeout(ticket, timeout_ns);
    wait_once(ticket, left);
  }
}

// The vendor documents that waiting for the stream reports failures, so the last ticket waits for the stream. An
// earlier ticket waits for its event, and advance() queries the stream.
void Stream::wait_once(std::uint64_t ticket, std::uint64_t timeout_ns) {
  const VendorApi &api = device_.api();
  const ContextGuard context = device_.enter();
  bool is_last = false;
  Event *event = begin_wait(ticket, is_last);
  if (event == nullptr) return;
  const std::int32_t ms = wait_ms(timeout_ns);
  const int code = is_last ? api.stream_synchronize(handle_, ms) : api.event_synchronize(event->handle, ms);
  const std::lock_guard lock(state_);
  end_wait(event);
  if (code == kOk) {
    if (is_last) complete(ticket);
  } else if (status_of(code) == HAL_ERR_TIMEOUT && ms != kWaitForever) {
    drop_recent_error(api);
  } else {
    fail(code, is_last ? api.stream_synchronize.name : api.event_synchronize.name);
  }
}

// Returns nullptr if the ticket has ended.
Stream::Event *Stream::begin_wait(std::uint64_t ticket, bool &is_last) {
  const std::lock_guard lock(state_);
  const auto pending = std::find_if(pending_.begin(), pending_.end(),
                                    [&](const Pending &candidate) { return candidate.ticket == ticket; });
  if (pending == pending_.end() || pending->event == nullptr) return nullptr;
  is_last = ticket == submitted_;
  ++pending->event->waiters;
  return pending->event;
}

void Stream::end_wait(Event *event) {
  if (--event->waiters == 0 && event->passed) free_events_.push_back(event);
}

plugin::Failure Stream::timeout(std::uint64_t ticket, std::uint64_t timeout_ns) const {
  return plugin::Failure(HAL_ERR_TIMEOUT,
                         "ticket " + std::to_string(ticket) + " is not complete after " + std::to_string(timeout_ns) +
                             " ns; its kernel may still run and use its memory",
                         "wait longer, or launch with a timeout_ns; keep all memory that the ticket uses");
}

}  // namespace hal::onboard
