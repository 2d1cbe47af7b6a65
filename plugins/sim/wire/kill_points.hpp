// SPDX-License-Identifier: Apache-2.0
//
// Places in the device process where HAL_FAULTS can inject its sudden death (HAL_FAULTS="sim.block_start#3=KILL").
#ifndef HAL_PLUGINS_SIM_WIRE_KILL_POINTS_HPP_
#define HAL_PLUGINS_SIM_WIRE_KILL_POINTS_HPP_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace hal::sim::wire {

enum class KillPoint : std::uint32_t {
  kDeviceMap,  // device memory is mapped, and the host does not know yet
  kRingPop,    // a command was taken from the ring
  kBlockStart,
  kBlockEnd,
  kCompletionWrite,  // a command is done, and nobody can see it yet
  kCompletionRing,   // the completion is visible, and the host is not woken yet
  kDeviceIdle,       // before the dispatcher sleeps
  kRequestTake,      // a request of the host was read
  kRequestAnswer,    // the request was carried out, and is not answered yet
  kCount
};
inline constexpr const char *kKillPointSites[] = {"sim.device_map",  "sim.ring_pop",         "sim.block_start",
                                                  "sim.block_end",   "sim.completion_write", "sim.completion_ring",
                                                  "sim.device_idle", "sim.request_take",     "sim.request_answer"};
static_assert(std::size(kKillPointSites) == static_cast<std::size_t>(KillPoint::kCount));

// At which pass of each point the process dies. The counts continue over all devices that a host process opens, one
// after the other.
struct alignas(64) KillPoints {
  std::uint32_t armed;  // 0: no death is injected, and no pass is counted
  struct Point {
    std::uint64_t at;  // 0: never; UINT64_MAX: at each pass
    std::atomic<std::uint64_t> passed;
  } points[static_cast<std::size_t>(KillPoint::kCount)];

  // Ends the process if a death is injected at this pass of the point.
  void pass(KillPoint point) noexcept {
    if (armed != 0) [[unlikely]]
      count(point);
  }

 private:
  void count(KillPoint point) noexcept;
};

}  // namespace hal::sim::wire

#endif  // HAL_PLUGINS_SIM_WIRE_KILL_POINTS_HPP_
