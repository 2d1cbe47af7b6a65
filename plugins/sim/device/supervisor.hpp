// SPDX-License-Identifier: Apache-2.0
//
// The main thread of the device process. It ends the process when its host ends or says so, and when a launch exceeds
// its time limit. The time in which the launch's workers waited for a processor does not count. Another thread carries
// out the host's requests, because a kernel object may take long to load.
#ifndef HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
#define HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

#include "sim/device/engine.hpp"
#include "sim/wire/channel.hpp"
#include "sim/wire/run_queue_delay.hpp"
#include "sim/wire/sliced_time.hpp"

namespace hal::sim::device {

class Supervisor final : public LaunchWatch {
 public:
  // socket: for requests of the host. parent: the host's process id. control outlives the supervisor.
  Supervisor(wire::Control &control, int socket, int parent);

  void begin(const wire::Command &command) override;
  void end() override;

  // Serves until the host says stop or has ended, then ends the process.
  [[noreturn]] void serve(Engine &engine);

 private:
  struct Pending {
    wire::Request request;
    int fd;
  };

  void take_request();
  Pending next_request();
  [[noreturn]] void answer_requests(Engine &engine);
  void check_time_limit(const Engine &engine);
  void set_timer(std::uint64_t ns) const;
  bool parent_is_gone() const;

  wire::Control &control_;
  const int socket_;
  const int parent_;
  const int parent_fd_;  // −1 before Linux 5.3: the supervisor then checks getppid() from time to time
  const int timer_;

  std::mutex requests_mutex_;
  std::condition_variable requests_changed_;
  std::deque<Pending> requests_;  // guarded by requests_mutex_

  // The launch that is watched. The mutex guards all that follows.
  std::mutex mutex_;
  const wire::Command *watched_ = nullptr;
  std::uint64_t first_check_ns_ = 0;  // planned time from the start to the first check
  bool checked_ = false;              // whether the first check was made; it sets the members below, except time_
  std::uint64_t checked_at_ns_ = 0;
  std::uint64_t first_ns_ = 0;     // the part of the time before the first check that counts
  wire::SlicedTime time_;          // since the start
  wire::RunQueueDelay delay_;      // of the workers, since the first check
  wire::RunQueueDelay own_delay_;  // of the main thread
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
