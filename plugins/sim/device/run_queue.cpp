// SPDX-License-Identifier: Apache-2.0
#include "sim/device/run_queue.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace hal::sim::device {
namespace {

// The second of three numbers: nanoseconds on a processor, waiting for one, and the number of turns.
std::uint64_t waited_ns(int thread) {
  if (thread == 0) return 0;
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/schedstat");
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  return file >> ran >> waited ? waited : 0;
}

}  // namespace

void RunQueueDelay::begin(const std::vector<int> &threads) {
  threads_.clear();
  for (const int id : threads) threads_.push_back({id, waited_ns(id)});
}

std::uint64_t RunQueueDelay::longest_ns() const {
  std::uint64_t longest = 0;
  for (const Thread &thread : threads_) {
    const std::uint64_t now = waited_ns(thread.id);
    longest = std::max(longest, now - std::min(now, thread.before_ns));
  }
  return longest;
}

}  // namespace hal::sim::device
