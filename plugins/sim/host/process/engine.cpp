// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/engine.hpp"

#include <cstring>

#include "sim/host/process/kill_points.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

constexpr const char *kHint = "call hal_device_reset, or close the device and open it again; its memory is gone";
constexpr const char *kSlowHint =
    "call hal_device_reset; if this step needs more time, set HAL_SIM_LOAD_TIMEOUT_MS to more, or to 0 for no limit";

void refuse_untrusted(const std::string &path) {
  if (const std::string why = plugin::distrust(path); !why.empty())
    throw plugin::Failure(HAL_ERR_UNAVAILABLE, path + " is not trusted: " + why, kTrustHint);
}

}  // namespace

Engine::Engine(const Options &options, std::uint32_t ordinal, std::string helper_path, Identity identity,
               DeviceMemory &memory, FaultReporter &reporter)
    : options_(options),
      ordinal_(ordinal),
      helper_path_(std::move(helper_path)),
      identity_(std::move(identity)),
      memory_(memory),
      reporter_(reporter),
      control_file_(make_memory_file("hal-sim-control", sizeof(wire::Control))),
      control_view_(Mapping::of_file(control_file_, sizeof(wire::Control), "the control block", "HAL_SIM_DEVICES")) {}

void Engine::clear_control() {
  release_pages(control_file_, 0, round_up(sizeof(wire::Control), page_bytes()));
  wire::Control &block = control();
  if (block.version != 0) std::memset(static_cast<void *>(&block), 0, sizeof block);  // the pages were not released
  block.version = wire::kWireVersion;
  block.worker_count = options_.workers;
  block.may_spin = wire::usable_processors() > 1 ? 1 : 0;
  arm_kill_points(block.kill_points);
  reporter_.clear();
}

std::unique_ptr<EngineHost> Engine::start_host() {
  const MemoryLayout layout = {control_file_,
                               memory_.arena().file(),
                               memory_.window().file(),
                               memory_.arena().address(0),
                               memory_.arena().mapped_bytes(),
                               memory_.window().address(0),
                               memory_.window().mapped_bytes()};
  if (!options_.own_process) return start_device_threads(control(), identity_, layout);
  try {
    return start_device_process(helper_path_, identity_, layout, options_.load_timeout_ns);
  } catch (...) {
    save_kill_counts(control().kill_points);
    throw;
  }
}

void Engine::start() {
  if (options_.own_process) refuse_untrusted(helper_path_);
  refuse_untrusted(identity_.hooks_path);
  clear_control();
  const bool keeps_addresses = memory_.is_placed();
  ReservationWalk walk(memory_.reservation_bytes());
  do {
    if (!keeps_addresses) memory_.place(walk.next());
    host_ = start_host();
  } while (host_ == nullptr && !keeps_addresses);
  if (host_ == nullptr)
    throw plugin::Failure(HAL_ERR_UNAVAILABLE,
                          "the new device process uses the device's addresses from " +
                              plugins::hex_text(memory_.arena().address(0)) + " for something else",
                          "close the device and open it again");
  lost_.store(false, std::memory_order_release);
}

void Engine::stop() {
  lost_.store(true, std::memory_order_release);
  host_.reset();
  save_kill_counts(control().kill_points);
}

bool Engine::lost() {
  if (lost_.load(std::memory_order_acquire)) return true;
  if (control().fault.state.load(std::memory_order_acquire) != wire::Fault::kWritten && host_->alive()) return false;
  set_lost();
  return true;
}

void Engine::set_lost() {
  // The engine may still collect the frames of the fault. It ends soon after.
  if (control().fault.state.load(std::memory_order_acquire) == wire::Fault::kReported) (void)host_->exit_description();
  // The report is made now, while everything that it names still exists.
  if (control().fault.state.load(std::memory_order_acquire) >= wire::Fault::kReported)
    (void)reporter_.report(control());
  else
    (void)reporter_.activity(control());
  lost_.store(true, std::memory_order_release);
  control().host_doorbell.ring_always();  // so that the other waiting threads notice at once
}

void Engine::end_overdue(const wire::Command &launch, std::uint64_t elapsed_ns) {
  wire::Fault &fault = control().fault;
  const auto write_record = [&] {
    fault.cause = wire::FaultCause::kOverdue;
    fault.stream = launch.stream;
    fault.ticket = launch.ticket;
    fault.kernel_id = launch.kernel_id;
    fault.engine = launch.engine;
    fault.elapsed_ns = elapsed_ns;
    fault.state.store(wire::Fault::kReported, std::memory_order_release);
  };
  // The record is there before the process ends: another thread that sees the end looks at the record. If the device
  // process has begun to write it, the host writes only after the end.
  std::uint32_t none = wire::Fault::kNone;
  if (fault.state.compare_exchange_strong(none, wire::Fault::kWriting)) write_record();
  const std::string state = host_->state();
  host_->end("did not keep the time limit" + (state.empty() ? "" : ", state " + state));
  if (fault.state.load(std::memory_order_acquire) == wire::Fault::kWriting) write_record();
  set_lost();
}

plugin::Failure Engine::loss(std::uint32_t stream, std::uint64_t ticket) {
  const std::string lost = "device " + std::to_string(ordinal_) + " is lost: ";
  const wire::Fault &fault = control().fault;
  const auto describe_end = [this] {
    return "device process " + std::to_string(process_id()) + " " + host_->exit_description();
  };
  if (fault.state.load(std::memory_order_acquire) < wire::Fault::kReported) {
    const std::string cause = host_ == nullptr ? "the last reset could not start its process"
                                               : describe_end() + reporter_.activity(control());
    return {HAL_ERR_DEVICE_LOST, lost + cause, host_ != nullptr && host_->was_too_slow() ? kSlowHint : kHint, 0, "sim"};
  }
  FaultReport report = reporter_.report(control());
  if (fault.cause == wire::FaultCause::kOverdue) report.text += "; " + describe_end();
  if (stream == wire::kNoStream || fault.stream != stream || fault.ticket != ticket)
    return {HAL_ERR_DEVICE_LOST, lost + report.text, kHint, 0, "sim"};
  const bool timeout = fault.cause == wire::FaultCause::kTimeout || fault.cause == wire::FaultCause::kOverdue;
  return plugin::Failure(timeout ? HAL_ERR_KERNEL_TIMEOUT : HAL_ERR_KERNEL_FAULT,
                         "ticket " + std::to_string(ticket) + ": " + report.text, kHint, fault.signal, "sim")
      .of_kernel(std::move(report.facts));
}

wire::Reply Engine::request(Call call) {
  throw_if_lost();
  call.request.number = next_request_.fetch_add(1, std::memory_order_relaxed);
  if (const std::optional<wire::Reply> reply = host_->request(call)) return *reply;
  set_lost();
  throw loss();
}

}  // namespace hal::sim
