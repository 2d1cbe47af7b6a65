// SPDX-License-Identifier: Apache-2.0
//
// A stream of the vendor with libhal's tickets. Each submit records an event, which is reused after it has completed.
#ifndef HAL_PLUGINS_ONBOARD_STREAM_HPP_
#define HAL_PLUGINS_ONBOARD_STREAM_HPP_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "hal/hal_plugin.hpp"
namespace hal::onboard {

class Device;

// Counts a running launch on its device during the mark's lifetime, and keeps the name of its kernel, which may be
// needed after the executable is unloaded.
class LaunchMark {
 public:
  using Count = std::atomic<std::uint32_t>;

  // Marks no launch.
  LaunchMark() = default;
  LaunchMark(Count &count, std::shared_ptr<const std::string> kernel) : count_(&count), kernel_(std::move(kernel)) {
    count_->fetch_add(1);
  }
  LaunchMark(LaunchMark &&other) noexcept
      : count_(std::exchange(other.count_, nullptr)), kernel_(std::move(other.kernel_)) {}
  LaunchMark &operator=(LaunchMark &&other) noexcept {
    std::swap(count_, other.count_);
    std::swap(kernel_, other.kernel_);
    return *this;
  }
  ~LaunchMark() {
    if (count_ != nullptr) count_->fetch_sub(1);
  }

  explicit operator bool() const { return count_ != nullptr; }
  const std::string &kernel() const { return *kernel_; }

 private:
  Count *count_ = nullptr;
  std::shared_ptr<const std::string> kernel_;
};

class Stream {
 public:
  // Throws plugin::Failure.
  explicit Stream(Device &device);
  // All work is complete, or the device is lost. The device's context must be current.
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  // Throws plugin::Failure: TIMEOUT, or the ticket's error.
  void wait(std::uint64_t ticket, std::uint64_t timeout_ns);
  // Stops running work, so that its memory can be released. Returns false and logs an error if the work keeps running.
  // The device's context must be current.
  bool stop() noexcept;
  // Fills *completed, then throws if a ticket has failed.
  void query(std::uint64_t *completed);

  // Calls enqueue(vendor's stream), which queues one piece of work, or throws and queues nothing. Returns its ticket.
  // launch is the device's mark if the work is a launch, else empty.
  template <typename Enqueue>
  std::uint64_t submit(LaunchMark launch, Enqueue &&enqueue) {
    Submit submit(*this, std::move(launch));
    try {
      enqueue(handle_);
    } catch (const plugin::Failure &failure) {
      submit.refused(failure);
      throw;
    }
    return submit.finish();
  }

 private:
  struct Event {
    void *handle = nullptr;
    std::uint32_t waiters = 0;
    bool passed = false;
  };
  struct Pending {
    std::uint64_t ticket;
    LaunchMark launch;
    Event *event;
  };

  // One submit. Holds order_ and an event until the work is queued.
  class Submit {
   public:
    Submit(Stream &stream, LaunchMark launch);
    ~Submit();
    Submit(const Submit &) = delete;
    Submit &operator=(const Submit &) = delete;
    void refused(const plugin::Failure &failure);
    std::uint64_t finish();

   private:
    void settle(std::uint64_t ticket, int code);

    Stream &stream_;
    LaunchMark launch_;
    const std::unique_lock<std::mutex> order_;
    Event *event_ = nullptr;
  };

  Event *take_event();
  void give_event(Event *event);
  void advance();
  void complete(std::uint64_t ticket);
  int stream_error() const;
  void fail(int code, const char *function);
  void fail(const plugin::Failure &failure, bool by_launch);
  plugin::Failure named(const plugin::Failure &failure, const Pending &culprit) const;
  bool settled(std::uint64_t ticket) const;
  void throw_if_lost_with_work();
  Event *begin_wait(std::uint64_t ticket, bool &is_last);
  void end_wait(Event *event);
  void wait_once(std::uint64_t ticket, std::uint64_t timeout_ns);
  plugin::Failure timeout(std::uint64_t ticket, std::uint64_t timeout_ns) const;

  Device &device_;
  void *handle_ = nullptr;
  std::mutex order_;  // keeps submits in order; locked before state_
  std::mutex state_;  // protects all members below
  std::vector<std::unique_ptr<Event>> events_;
  std::vector<Event *> free_events_;
  std::deque<Pending> pending_;
  std::uint64_t submitted_ = 0;
  std::uint64_t completed_ = 0;  // all tickets up to this one succeeded
  std::uint64_t failed_ = 0;     // the first ticket that failed; 0 = none
  std::optional<plugin::Failure> failure_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_STREAM_HPP_
