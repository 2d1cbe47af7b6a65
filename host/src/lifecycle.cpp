// SPDX-License-Identifier: Apache-2.0
//
// init, finalize, and the calls between them.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>

#include "failure.hpp"
#include "worker_impl.hpp"

namespace hal {
namespace {

// Runs one step of finalize() and keeps the first failure. DEVICE_LOST is not a failure here.
template <typename Step>
void attempt(std::optional<Error> &first, Step step) {
  try {
    step();
  } catch (const Error &failure) {
    if (failure.status() != HAL_ERR_DEVICE_LOST && !first) first = failure;
  }
}

// Closes an object. If other work on the device still uses it, this waits for that work first. If the handle is stale,
// a reset of the device has released the object.
template <typename Object>
void close_waiting(Object &object, const Device &device) {
  try {
    object.close();
  } catch (const Error &failure) {
    if (failure.status() == HAL_ERR_INVALID_ARGUMENT) {
      (void)object.release();
      return;
    }
    if (failure.status() != HAL_ERR_BUSY) throw;
    (void)hal_device_wait(device.handle(), HAL_TIMEOUT_FOREVER);
    object.close();
  }
}

}  // namespace

ChipWorker::Impl::~Impl() = default;

ChipWorker::Impl::Call::Call(Impl &impl, const char *function) : impl_(impl) {
  std::lock_guard lock(impl.state_mutex_);
  if (impl.state_ == State::kReady) {
    ++impl.calls_;
    return;
  }
  const bool before = impl.state_ == State::kNew || impl.state_ == State::kStarting;
  fail(HAL_ERR_FAILED_PRECONDITION, function,
       before ? "this worker is not initialised" : "this worker has been finalized", "call init() first");
}

ChipWorker::Impl::Call::~Call() {
  std::lock_guard lock(impl_.state_mutex_);
  if (--impl_.calls_ == 0) impl_.idle_.notify_all();
}

bool ChipWorker::Impl::in_own_process() const noexcept { return process_ == 0 || process_ == ::getpid(); }

void ChipWorker::Impl::init(std::string_view backend, std::uint32_t ordinal) {
  State before;
  {
    std::lock_guard lock(state_mutex_);
    if (state_ != State::kNew && state_ != State::kFinalized) {
      fail(HAL_ERR_FAILED_PRECONDITION, "ChipWorker::init", "this worker is initialised already",
           "call finalize() first, or use another worker");
    }
    before = std::exchange(state_, State::kStarting);
  }
  try {
    start(backend, ordinal);
  } catch (...) {
    std::lock_guard lock(state_mutex_);
    state_ = before;
    throw;
  }
  std::lock_guard lock(state_mutex_);
  state_ = State::kReady;
}

void ChipWorker::Impl::start(std::string_view backend, std::uint32_t ordinal) {
  Library library;
  const Backend selected = Backend::select(backend);
  Device device(selected, ordinal);
  stream_ = device.create_stream();
  device_ = std::move(device);
  backend_ = selected;
  library_.emplace(std::move(library));
  process_ = ::getpid();
  last_submitted_ = last_queued_ = last_waited_ = next_sequence_ = 0;
}

void ChipWorker::Impl::finalize() {
  if (!in_own_process()) {
    fail(HAL_ERR_FAILED_PRECONDITION, "ChipWorker::finalize", "this process was forked after init()",
         "use the worker in the process that called init(), and start child processes without fork");
  }
  {
    std::unique_lock lock(state_mutex_);
    if (state_ != State::kReady) return;
    state_ = State::kFinalizing;
    try {
      wait_for_calls(lock);
    } catch (const Interrupted &) {
      state_ = State::kReady;
      throw;
    }
  }
  try {
    if (last_queued_ != 0) (void)wait_for(last_queued_, HAL_TIMEOUT_FOREVER, "ChipWorker::finalize");
  } catch (const Interrupted &) {
    std::lock_guard lock(state_mutex_);
    state_ = State::kReady;
    throw;
  }
  tear_down();
}

// Waits until the running calls of other threads have ended. Throws Interrupted, with the lock held.
void ChipWorker::Impl::wait_for_calls(std::unique_lock<std::mutex> &lock) {
  const auto none = [this] { return calls_ == 0; };
  if (interrupted_ == nullptr) return idle_.wait(lock, none);
  while (!idle_.wait_for(lock, std::chrono::nanoseconds(kSliceNs), none)) {
    lock.unlock();
    const bool interrupted = interrupted_();
    lock.lock();
    if (interrupted) throw Interrupted("ChipWorker::finalize");
  }
}

void ChipWorker::Impl::tear_down() {
  std::optional<Error> first;
  report_unwaited_failure();
  for (Pending &pending : pending_) {
    for (Memory &buffer : pending.buffers) attempt(first, [&] { close_waiting(buffer, device_); });
  }
  pending_.clear();
  free_owned(first);
  attempt(first, [&] { close_waiting(stream_, device_); });
  attempt(first, [&] { device_.close(); });
  attempt(first, [&] { library_->close(); });
  {
    std::lock_guard lock(state_mutex_);
    state_ = State::kFinalized;
  }
  if (first) throw *first;
}

void ChipWorker::Impl::free_owned(std::optional<Error> &first) {
  std::vector<std::pair<std::uint64_t, const void *>> newest_first;
  newest_first.reserve(owned_.size());
  for (const auto &[handle, owned] : owned_) newest_first.emplace_back(owned.sequence, handle);
  std::sort(newest_first.begin(), newest_first.end(), std::greater<>());
  for (const auto &[sequence, handle] : newest_first) {
    attempt(first, [&, key = handle] {
      std::visit([&](auto &object) { close_waiting(object, device_); }, owned_.at(key).object);
    });
  }
  owned_.clear();
}

void ChipWorker::Impl::report_unwaited_failure() noexcept {
  if (last_submitted_ == 0) return;
  const hal_status_t status = hal_stream_wait(stream_.handle(), last_submitted_, HAL_TIMEOUT_FOREVER);
  // INVALID_ARGUMENT: a reset of the device released the stream. The caller of the reset knows that.
  if (status == HAL_OK || status == HAL_ERR_INVALID_ARGUMENT || last_waited_ >= last_submitted_) return;
  try {
    std::fprintf(stderr, "hal: ChipWorker: a submit failed before finalize(), and nobody waited for it: %s\n",
                 Error::last(status).what());
  } catch (const std::exception &) {
    std::fprintf(stderr, "hal: ChipWorker: a submit failed before finalize(), and nobody waited for it: %s\n",
                 hal_status_string(status));
  }
}

}  // namespace hal
