// SPDX-License-Identifier: Apache-2.0
//
// A stream of the vendor with libhal's tickets: an event is recorded behind each submit, and used again once it has
// passed.
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
#include "onboard/launch_mark.hpp"

namespace hal::onboard {

class Device;

class Stream {
 public:
  // Throws plugin::Failure.
  explicit Stream(Device &device);
  // Nothing of it is under way, or the device is lost. With the device's context current.
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  // Throws plugin::Failure: TIMEOUT, or what became of the ticket.
  void wait(std::uint64_t ticket, std::uint64_t timeout_ns);
  // Ends what is under way, before a reset takes the memory from under it. False: it goes on, and the log says so. With
  // the device's context current.
  bool stop() noexcept;
  // Fills *completed, then throws if a ticket has failed.
  void query(std::uint64_t *completed);

  // Calls enqueue(vendor's stream), which queues one piece of work or throws with nothing queued; gives its ticket.
  // launch is the device's mark if the work is one.
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

  // One submit: holds the stream's order and an event until the work is queued.
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
  std::mutex order_;  // of submits; taken before state_
  std::mutex state_;  // of all that follows
  std::vector<std::unique_ptr<Event>> events_;
  std::vector<Event *> free_events_;
  std::deque<Pending> pending_;
  std::uint64_t submitted_ = 0;
  std::uint64_t completed_ = 0;  // up to here all is done well
  std::uint64_t failed_ = 0;     // the first ticket that failed; 0 = none
  std::optional<plugin::Failure> failure_;
};

}  // namespace hal::onboard

#endif  // HAL_PLUGINS_ONBOARD_STREAM_HPP_
