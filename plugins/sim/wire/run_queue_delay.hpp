// SPDX-License-Identifier: Apache-2.0
//
// How long threads waited for a processor. This time does not count for the time limit of a launch.
#ifndef HAL_PLUGINS_SIM_WIRE_RUN_QUEUE_DELAY_HPP_
#define HAL_PLUGINS_SIM_WIRE_RUN_QUEUE_DELAY_HPP_

#include <cstdint>
#include <string>
#include <vector>

namespace hal::sim::wire {

// The longest wait of one of the threads since begin(). Always 0 on systems that do not count it (CONFIG_SCHED_INFO).
class RunQueueDelay {
 public:
  // process: "self" or a process id. threads: their ids; 0: no thread.
  void begin(const std::string &process, const std::vector<int> &threads);
  // The same for the threads that the process has now.
  void begin(const std::string &process);
  std::uint64_t longest_ns() const;

 private:
  struct Thread {
    std::string file;
    std::uint64_t before_ns;
  };
  std::vector<Thread> threads_;
};

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_RUN_QUEUE_DELAY_HPP_
