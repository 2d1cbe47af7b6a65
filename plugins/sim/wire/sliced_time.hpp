// SPDX-License-Identifier: Apache-2.0
//
// The time that counts for a limit. It is added up in slices, and a slice counts as at most 20 ms: the time in which
// this process could not run at all (a freezer, a paused machine, a debugger) does not count.
#ifndef HAL_PLUGINS_SIM_WIRE_SLICED_TIME_HPP_
#define HAL_PLUGINS_SIM_WIRE_SLICED_TIME_HPP_

#include <algorithm>
#include <cstdint>

namespace hal::sim::wire {

inline constexpr std::uint64_t kLongestSliceNs = 20'000'000;
inline constexpr std::uint64_t kSliceNs = 10'000'000;  // planned time between two calls of add()

class SlicedTime {
 public:
  void restart(std::uint64_t now_ns) noexcept {
    last_ns_ = now_ns;
    counted_ns_ = 0;
  }
  // Adds the time since the last call. Returns the sum.
  std::uint64_t add(std::uint64_t now_ns, std::uint64_t longest_ns = kLongestSliceNs) noexcept {
    counted_ns_ += std::min(now_ns - last_ns_, longest_ns);
    last_ns_ = now_ns;
    return counted_ns_;
  }
  std::uint64_t counted_ns() const noexcept { return counted_ns_; }

 private:
  std::uint64_t last_ns_ = 0;
  std::uint64_t counted_ns_ = 0;
};

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_SLICED_TIME_HPP_
