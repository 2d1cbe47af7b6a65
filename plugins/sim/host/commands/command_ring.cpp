// SPDX-License-Identifier: Apache-2.0
#include "sim/host/commands/command_ring.hpp"

#include <string>

namespace hal::sim {
namespace {

constexpr std::uint64_t kRefill = wire::kRingSlots / 4;
constexpr int kSlotLooks = 16;  // about a microsecond each
constexpr int kPausesBetweenLooks = 32;

}  // namespace

std::uint64_t CommandRing::reserve_slot() {
  engine_.throw_if_lost();
  const std::uint64_t number = submitted_.load(std::memory_order_relaxed);
  // The device writes its count to a cache line of its own. The host reads it only if the ring seems full.
  if (number - known_consumed_ >= wire::kRingSlots) known_consumed_ = control_.consumed.load(std::memory_order_acquire);
  if (number - known_consumed_ >= wire::kRingSlots) [[unlikely]]
    wait_for_slots(number);
  return number;
}

// Waits for many free slots. If it waited for one, each command would move cache lines between both sides.
void CommandRing::wait_for_slots(std::uint64_t number) {
  const std::uint64_t enough = number - wire::kRingSlots + kRefill;
  const auto has_slots = [&] {
    known_consumed_ = control_.consumed.load(std::memory_order_acquire);
    return known_consumed_ >= enough;
  };
  const bool may_look = control_.may_spin != 0 && !control_.device_processor.is_here();
  bool ready = has_slots();
  for (int looks = 0; may_look && !ready && looks < kSlotLooks; ++looks) {
    for (int i = 0; i < kPausesBetweenLooks; ++i) wire::pause_cpu();
    ready = has_slots();
  }
  if (!ready && wait_until(has_slots, {.spin = false, .at = enough}) == Waited::kLost) throw engine_.loss();
}

bool CommandRing::publish(std::uint64_t number) {
  submitted_.store(number + 1, std::memory_order_relaxed);
  control_.ring[number % wire::kRingSlots].sequence.store(number + 1, std::memory_order_release);
  return control_.device_doorbell.ring();
}

std::uint32_t CommandRing::take_stream() {
  plugin::fault_point("sim.stream_number");
  const std::lock_guard lock(streams_mutex_);
  for (std::uint32_t number = 0; number < wire::kMaxStreams; ++number) {
    if (streams_[number]) continue;
    streams_[number] = true;
    progress(number).completed.store(0, std::memory_order_relaxed);
    return number;
  }
  throw plugin::Failure(HAL_ERR_OUT_OF_MEMORY,
                        "all " + std::to_string(wire::kMaxStreams) + " streams of the device are in use",
                        "destroy streams that you do not need");
}

void CommandRing::release_stream(std::uint32_t stream) {
  const std::lock_guard lock(streams_mutex_);
  streams_[stream] = false;
}

void CommandRing::clear() {
  const std::lock_guard lock(mutex_);
  submitted_.store(0, std::memory_order_relaxed);
  known_consumed_ = 0;
  deadline_.clear();
}

}  // namespace hal::sim
