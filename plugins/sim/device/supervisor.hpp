// SPDX-License-Identifier: Apache-2.0
//
// The main thread of the device process. It answers the host's requests, ends the process when its host ends, and ends
// it when a launch exceeds its time limit. The time in which the launch's workers waited for a processor does not
// count.
#ifndef HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
#define HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_

#include <cstdint>
#include <mutex>
#include <vector>

#include "sim/device/engine.hpp"

namespace hal::sim::device {

// How long threads waited for a processor: the longest wait of one of them since begin(). Always 0 on systems that do
// not count it (CONFIG_SCHED_INFO).
class RunQueueDelay {
 public:
  // threads: their ids in this process; 0: no thread.
  void begin(const std::vector<int> &threads);
  std::uint64_t longest_ns() const;

 private:
  struct Thread {
    int id;
    std::uint64_t before_ns;
  };
  std::vector<Thread> threads_;
};

class Supervisor final : public LaunchWatch {
 public:
  // socket: for requests of the host. parent: the host's process id. control outlives the supervisor.
  Supervisor(wire::Control &control, int socket, int parent);

  void begin(const wire::Command &command) override;
  void end() override;

  // Serves until the host says stop or has ended, then ends the process.
  [[noreturn]] void serve(Engine &engine);

 private:
  void answer(Engine &engine);
  void check_time_limit(const Engine &engine);
  void set_timer(std::uint64_t ns) const;
  bool parent_is_gone() const;

  wire::Control &control_;
  const int socket_;
  const int parent_;
  int parent_fd_;  // −1 on systems without pidfd: then the parent's id is checked from time to time
  const int timer_;
  std::mutex mutex_;
  const wire::Command *watched_ = nullptr;
  std::uint64_t started_ns_ = 0;
  std::uint64_t first_check_ns_ = 0;  // planned time from the start to the first check
  bool checked_ = false;              // whether the first check was made; it sets the members below
  std::uint64_t counted_ns_ = 0;      // the part of the time before the first check that counts
  std::uint64_t checked_at_ns_ = 0;
  RunQueueDelay delay_;  // since the first check
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
