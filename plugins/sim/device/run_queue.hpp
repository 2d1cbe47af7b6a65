// SPDX-License-Identifier: Apache-2.0
//
// How long threads of this process were ready to run and were not let.
#ifndef HAL_PLUGINS_SIM_DEVICE_RUN_QUEUE_HPP_
#define HAL_PLUGINS_SIM_DEVICE_RUN_QUEUE_HPP_

#include <cstdint>
#include <vector>

namespace hal::sim::device {

// The most that one of some threads has waited for a processor since the first look at them. Always 0 where the kernel
// does not count it (CONFIG_SCHED_INFO).
class RunQueueDelay {
 public:
  // Begins anew. threads: their ids in this process; 0 = there is none.
  void begin(const std::vector<int> &threads);
  std::uint64_t longest_ns() const;

 private:
  struct Thread {
    int id;
    std::uint64_t before_ns;
  };
  std::vector<Thread> threads_;
};

}  // namespace hal::sim::device

#endif  // HAL_PLUGINS_SIM_DEVICE_RUN_QUEUE_HPP_
