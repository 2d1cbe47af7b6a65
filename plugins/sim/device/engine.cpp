// SPDX-License-Identifier: Apache-2.0
#include "sim/device/engine.hpp"

#include <cstring>

namespace hal::sim::device {
namespace {

constexpr std::uint64_t kSpinNs = 50'000;
constexpr int kYields = 8;

void *address(std::uint64_t value) { return reinterpret_cast<void *>(value); }

}  // namespace

Engine::Engine(wire::Control &control, const Options &options)
    : control_(control),
      options_(options),
      objects_(options.hooks_path),
      pool_(control, options.on_thread_start),
      dispatcher_([this] { dispatch(); }) {}

Engine::~Engine() {
  control_.stop.store(1, std::memory_order_seq_cst);
  control_.device_doorbell.ring_always();
  dispatcher_.join();
}

void Engine::dispatch() {
  if (options_.on_thread_start != nullptr) options_.on_thread_start();
  pool_.bind_dispatcher();
  bool rang = false;  // whether the last completion woke the host
  for (std::uint64_t next = control_.consumed.load(std::memory_order_relaxed); wait_for_command(next, rang); ++next)
    rang = run_command(next);
}

// Returns false if the engine should stop. It yields before it spins or sleeps in two cases. First: it has just woken
// the host, which may have to run on this processor. Second: the host last ran on this processor and did not sleep, so
// it may submit more commands, and one wake-up for each of them would cost more than the commands.
bool Engine::wait_for_command(std::uint64_t next, bool rang) {
  const wire::Command &command = control_.ring[next % wire::kRingSlots];
  const auto ready = [&] {
    return command.sequence.load(std::memory_order_acquire) == next + 1 ||
           control_.stop.load(std::memory_order_relaxed) != 0;
  };
  const bool together = control_.host_processor.is_here();
  if (rang && !together) std::this_thread::yield();
  for (int i = 0; !rang && together && i < kYields && !ready(); ++i) std::this_thread::yield();
  while (!wire::spin(ready, control_.may_spin != 0 ? kSpinNs : 0, control_.host_processor)) {
    control_.kill_points.pass(wire::KillPoint::kDeviceIdle);
    control_.device_doorbell.sleep(ready, UINT64_MAX);
  }
  return control_.stop.load(std::memory_order_relaxed) == 0;
}

// Returns true if the host slept and was woken.
bool Engine::run_command(std::uint64_t number) {
  control_.device_processor.publish();
  control_.kill_points.pass(wire::KillPoint::kRingPop);
  const wire::Command &command = control_.ring[number % wire::kRingSlots];
  if (options_.window != nullptr)
    options_.window->apply(command.kind == wire::CommandKind::kLaunch ? WindowAccess::Free::kNow
                                                                      : WindowAccess::Free::kLater);
  switch (command.kind) {
    case wire::CommandKind::kLaunch:
      launch(number, command, control_.descriptors[number % wire::kRingSlots]);
      break;
    case wire::CommandKind::kCopy:
      std::memmove(address(command.function), address(command.source), command.size_bytes);
      break;
    case wire::CommandKind::kFill:
      std::memset(address(command.function), static_cast<int>(command.source), command.size_bytes);
      break;
  }
  control_.kill_points.pass(wire::KillPoint::kCompletionWrite);
  control_.streams[command.stream].completed.store(command.ticket, std::memory_order_release);
  control_.consumed.store(number + 1, std::memory_order_release);
  control_.kill_points.pass(wire::KillPoint::kCompletionRing);
  return control_.host_doorbell.ring_at(number + 1);
}

void Engine::launch(std::uint64_t number, const wire::Command &command, wire::Descriptors &descriptors) {
  const bool watched = command.timeout_ns != UINT64_MAX && options_.watch != nullptr;
  if (watched) options_.watch->begin(command);
  pool_.run(number, command, descriptors);
  if (watched) options_.watch->end();
}

}  // namespace hal::sim::device
