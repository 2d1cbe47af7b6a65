// SPDX-License-Identifier: Apache-2.0
//
// The device process's main thread: answers the host's requests, ends the process with its host, ends it when a launch
// runs too long. What counts is the time that the launch's workers had: when each waited for a processor does not.
#ifndef HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
#define HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_

#include <atomic>
#include <mutex>

#include "sim/device/engine.hpp"
#include "sim/device/run_queue.hpp"

namespace hal::sim::device {

class Supervisor final : public LaunchWatch {
 public:
  // socket: the host's end of requests. parent: the host's process id. control outlives the supervisor.
  Supervisor(wire::Control &control, int socket, int parent);

  void begin(const wire::Command &command) override;
  void end() override;

  // Serves until the host says stop or is gone, then ends the process.
  [[noreturn]] void serve(Engine &engine);

 private:
  void answer(Engine &engine);
  void look_at_the_clock(const Engine &engine);
  void set_timer(std::uint64_t ns) const;
  bool parent_is_gone() const;

  wire::Control &control_;
  const int socket_;
  const int parent_;
  int parent_fd_;  // −1 where the kernel has no pidfd: then its id is looked at from time to time
  const int timer_;
  std::mutex mutex_;
  const wire::Command *watched_ = nullptr;
  std::uint64_t started_ns_ = 0;
  std::uint64_t first_look_ns_ = 0;  // after the start, as it was meant
  // From the first look on: what counts of the time before, when it was, and what the workers have waited since.
  bool looked_ = false;
  std::uint64_t counted_ns_ = 0;
  std::uint64_t looked_at_ns_ = 0;
  RunQueueDelay delay_;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
