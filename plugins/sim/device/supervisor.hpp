// SPDX-License-Identifier: Apache-2.0
//
// The device process's main thread: answers the host's requests, ends the process with its host, ends it when a launch
// runs too long.
#ifndef HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
#define HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_

#include <atomic>
#include <mutex>

#include "sim/device/engine.hpp"

namespace hal::sim::device {

class Supervisor final : public LaunchWatch {
 public:
  // socket: the host's end of requests. parent: the host's process id.
  Supervisor(int socket, int parent);

  void begin(const wire::Command &command) override;
  void end() override;

  // Serves until the host says stop or is gone, then ends the process.
  [[noreturn]] void serve(Engine &engine);

 private:
  void answer(Engine &engine);
  void look_at_the_clock();
  bool parent_is_gone() const;

  const int socket_;
  const int parent_;
  int parent_fd_;  // −1 where the kernel has no pidfd: then its id is looked at from time to time
  const int timer_;
  std::mutex mutex_;
  const wire::Command *watched_ = nullptr;
  std::uint64_t started_ns_ = 0;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_SUPERVISOR_HPP_
