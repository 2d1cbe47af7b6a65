// SPDX-License-Identifier: Apache-2.0
//
// The engine of one device, seen from the host: starts and stops it, sends it requests, and notices its end.
#ifndef HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HPP_
#define HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "hal/hal_plugin.hpp"
#include "sim/host/memory/device_memory.hpp"
#include "sim/host/options.hpp"
#include "sim/host/process/engine_host.hpp"
#include "sim/host/reports/fault_report.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

inline constexpr const char *kTrustHint =
    "let only root, or you, own and write the file and the directories on the way to it";

class Engine {
 public:
  // helper_path: the program of the device process. Throws plugin::Failure.
  Engine(const Options &options, std::uint32_t ordinal, std::string helper_path, Identity identity,
         DeviceMemory &memory, FaultReporter &reporter);
  ~Engine() { stop(); }
  Engine(const Engine &) = delete;
  Engine &operator=(const Engine &) = delete;

  // Clears the control block and starts the engine. The device keeps its addresses if it has some. Throws
  // plugin::Failure: the device is lost then.
  void start();
  // Ends the engine. The device is lost until start() succeeds.
  void stop();

  wire::Control &control() const { return *reinterpret_cast<wire::Control *>(control_view_.data()); }
  std::int64_t process_id() const { return host_ == nullptr ? 0 : host_->process_id(); }
  std::string other_local_memory() const { return host_ == nullptr ? "" : host_->other_local_memory(); }

  // Whether the engine has ended. Makes a system call if this is not known yet.
  bool lost();
  // The error for a caller that waits for this ticket. Without a ticket: for a caller that needs the device.
  plugin::Failure loss(std::uint32_t stream = wire::kNoStream, std::uint64_t ticket = 0);
  void throw_if_lost() {
    if (lost_.load(std::memory_order_acquire)) throw loss();
  }

  // Sends a request, to which it gives a number, and waits for the reply. Throws plugin::Failure: DEVICE_LOST.
  wire::Reply request(Call call);
  std::uint32_t new_object_number() { return next_object_.fetch_add(1, std::memory_order_relaxed); }

  // Whether the host enforces time limits too.
  bool enforces_limits() const { return options_.own_process; }
  bool is_traced() const { return host_->is_traced(); }
  // Ends the device, because this launch has run for elapsed_ns, longer than its time limit, and still runs.
  void end_overdue(const wire::Command &launch, std::uint64_t elapsed_ns);

 private:
  void clear_control();
  std::unique_ptr<EngineHost> start_host();
  void set_lost();

  const Options options_;
  const std::uint32_t ordinal_;
  const std::string helper_path_;
  const Identity identity_;
  DeviceMemory &memory_;
  FaultReporter &reporter_;
  Fd control_file_;
  Mapping control_view_;
  std::unique_ptr<EngineHost> host_;
  std::atomic<bool> lost_{true};
  std::atomic<std::uint32_t> next_object_{1};
  std::atomic<std::uint32_t> next_request_{1};
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_PROCESS_ENGINE_HPP_
