// SPDX-License-Identifier: Apache-2.0
#include "sim/host/process/engine.hpp"

#include "sim/host/process/kill_points.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

constexpr const char *kHint = "call hal_device_reset, or close the device and open it again; its memory is gone";

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
    return start_device_process(helper_path_, identity_, layout);
  } catch (...) {
    save_kill_counts(control().kill_points);
    throw;
  }
}

void Engine::start() {
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
  lost_.store(true, std::memory_order_release);
  control().host_doorbell.ring_always();  // so that the other waiting threads notice at once
}

plugin::Failure Engine::loss(std::uint32_t stream, std::uint64_t ticket) {
  const std::string lost = "device " + std::to_string(ordinal_) + " is lost: ";
  const wire::Fault &fault = control().fault;
  if (fault.state.load(std::memory_order_acquire) < wire::Fault::kReported) {
    const std::string cause = host_ == nullptr
                                  ? "the last reset could not start its process"
                                  : "device process " + std::to_string(process_id()) + " " + host_->exit_description();
    return {HAL_ERR_DEVICE_LOST, lost + cause, kHint, 0, "sim"};
  }
  FaultReport report = reporter_.report(control());
  if (stream == wire::kNoStream || fault.stream != stream || fault.ticket != ticket)
    return {HAL_ERR_DEVICE_LOST, lost + report.text, kHint, 0, "sim"};
  const bool timeout = fault.cause == wire::FaultCause::kTimeout;
  return plugin::Failure(timeout ? HAL_ERR_KERNEL_TIMEOUT : HAL_ERR_KERNEL_FAULT,
                         "ticket " + std::to_string(ticket) + ": " + report.text, kHint, fault.signal, "sim")
      .of_kernel(std::move(report.facts));
}

wire::Reply Engine::request(const wire::Request &request, const Fd &fd) {
  throw_if_lost();
  const std::optional<wire::Reply> reply = host_->request(request, fd);
  if (reply) return *reply;
  set_lost();  // the engine closed its end of the socket: it has ended, or is about to end
  throw loss();
}

}  // namespace hal::sim
