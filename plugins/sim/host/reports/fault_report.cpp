// SPDX-License-Identifier: Apache-2.0
#include "sim/host/reports/fault_report.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <vector>

#include "hal/names.h"
#include "support/memory_map.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

using plugins::count_text;
using plugins::hex_text;

constexpr std::uint64_t kNullBytes = 64 * 1024;     // from address 0 on; nothing is ever mapped there
constexpr std::uint64_t kFrameBytes = chips::kMiB;  // the assumed maximum of one function's frame
constexpr std::size_t kMaxListedBlocks = 4;

// Whether the signal carries the address of an access. A signal that another process sent has none, nor has SI_KERNEL,
// which stands for an address that no process can have.
bool has_address(const wire::Fault &fault) {
  return fault.cause == wire::FaultCause::kSignal && (fault.signal == SIGSEGV || fault.signal == SIGBUS) &&
         fault.signal_code > 0 && fault.signal_code != SI_KERNEL;
}

bool has_launch(const wire::Fault &fault) { return fault.stream != wire::kNoStream; }

std::string engine_name(std::uint8_t engine) { return engine == 0 ? "" : hal_name_of_engine(engine); }

std::string name_of(const Allocation &allocation) {
  return "the " + count_text(allocation.size_bytes, "byte") + " of " + hal_name_of_mem_kind(allocation.kind) +
         " memory at " + hex_text(allocation.device_address) +
         (allocation.tag.empty() ? "" : " (\"" + allocation.tag + "\")");
}

bool in_range(std::uint64_t address, std::uint64_t begin, std::uint64_t size) {
  return address >= begin && address - begin < size;
}

std::string offset_text(std::uint64_t offset) { return offset == 0 ? "" : ", at offset " + std::to_string(offset); }

// The allocation that contains a device address, or the last one before it.
const Allocation *nearest_to(std::uint64_t address, const AllocationList::List &allocations) {
  const Allocation *nearest = nullptr;
  for (const Allocation &allocation : allocations) {
    if (allocation.device_address == 0 || allocation.device_address > address) continue;
    if (nearest == nullptr || allocation.device_address > nearest->device_address) nearest = &allocation;
  }
  return nearest;
}

}  // namespace

void FaultReporter::clear() {
  const std::lock_guard lock(mutex_);
  report_.reset();
  activity_.reset();
}

std::string FaultReporter::activity(const wire::Control &control) {
  const std::lock_guard lock(mutex_);
  if (activity_) return *activity_;
  std::string text = running_launch(control);
  if (const std::string step = code_.running_step(); !step.empty()) text += (text.empty() ? "" : " and ") + step;
  return activity_.emplace(text.empty() ? text : " while " + text);
}

// The launch at the head of the ring, which the device process has not completed. "" = none.
std::string FaultReporter::running_launch(const wire::Control &control) const {
  const std::uint64_t number = control.consumed.load(std::memory_order_acquire);
  const wire::Command &command = control.ring[number % wire::kRingSlots];
  if (command.sequence.load(std::memory_order_acquire) != number + 1 || command.kind != wire::CommandKind::kLaunch)
    return {};
  const std::optional<KernelName> kernel = code_.kernel(command.kernel_id);
  return "kernel " + (kernel ? kernel->name + " of " + kernel->object : "?") + " was running (ticket " +
         std::to_string(command.ticket) + ")";
}

FaultReport FaultReporter::report(const wire::Control &control) {
  const std::lock_guard lock(mutex_);
  if (report_) return *report_;
  const wire::Fault &fault = control.fault;
  const std::optional<KernelName> kernel = has_launch(fault) ? code_.kernel(fault.kernel_id) : std::nullopt;
  FaultReport report = {describe_fault(control, kernel), {}};
  if (kernel) report.facts.kernel = kernel->name;
  const bool has_block = fault.cause != wire::FaultCause::kTimeout && fault.cause != wire::FaultCause::kOverdue;
  if (has_block) report.facts.block = fault.block;
  if (has_address(fault)) {
    report.facts.address = fault.address;
    if (fault.access == wire::FaultAccess::kRead) report.facts.access = HAL_FAULT_READ;
    if (fault.access == wire::FaultAccess::kWrite) report.facts.access = HAL_FAULT_WRITE;
  }
  return report_.emplace(std::move(report));
}

std::string FaultReporter::describe_fault(const wire::Control &control, const std::optional<KernelName> &kernel) const {
  const wire::Fault &fault = control.fault;
  std::string where = "no kernel was running on the thread";
  if (has_launch(fault)) {
    where = "kernel " + (kernel ? kernel->name + " of " + kernel->object : "?");
    if (const std::string engine = engine_name(fault.engine); !engine.empty()) where += " on " + engine;
  } else if (const std::string step = code_.running_step(); !step.empty()) {
    where = step;
  }
  const std::string object = kernel ? kernel->object : "";
  if (fault.cause == wire::FaultCause::kOverdue)
    return where + " ran for " + std::to_string(fault.elapsed_ns / 1'000'000) + " ms, longer than its time limit";
  if (fault.cause == wire::FaultCause::kTimeout) {
    return where + " ran for " + std::to_string(fault.elapsed_ns / 1'000'000) +
           " ms, longer than its time limit, and was stopped" + describe_timeout(control, object);
  }
  if (has_launch(fault)) where += ", block " + std::to_string(fault.block);
  if (fault.cause == wire::FaultCause::kSanitizer) return where + ": a sanitizer reported an error (see stderr)";
  if (fault.cause == wire::FaultCause::kExit) return where + ": exit() was called in the device process";
  std::string text = where + ": signal " + std::to_string(fault.signal) + " (" + strsignal(fault.signal) + ")";
  if (has_address(fault)) {
    const bool jump = fault.frames.count != 0 && fault.frames.addresses[0] == fault.address;
    const char *access = jump                                        ? "jumping to "
                         : fault.access == wire::FaultAccess::kWrite ? "writing "
                         : fault.access == wire::FaultAccess::kRead  ? "reading "
                                                                     : "at ";
    text += std::string(" ") + access + hex_text(fault.address) + ", which is " + describe_address(fault);
  }
  const std::string place = code_.place_of(fault.frames, object);
  return place.empty() ? text : text + "; in " + place;
}

// The blocks that were still running.
std::string FaultReporter::describe_timeout(const wire::Control &control, const std::string &object) const {
  std::string text;
  std::size_t running = 0;
  for (const wire::RunningBlock &block : control.running_blocks) {
    const std::uint32_t state = block.state.load(std::memory_order_acquire);
    if (state != wire::RunningBlock::kRunning && state != wire::RunningBlock::kAsked) continue;
    if (++running > kMaxListedBlocks) continue;
    text += running == 1 ? "; still running: " : ", ";
    if (state == wire::RunningBlock::kAsked) {
      text += "a block that did not report its place in time";
      continue;
    }
    const std::string place = code_.place_of(block.frames, object);
    text += "block " + std::to_string(block.block) + (place.empty() ? "" : " in " + place);
  }
  if (running <= kMaxListedBlocks) return text;
  return text + " and " + std::to_string(running - kMaxListedBlocks) + " more";
}

std::string FaultReporter::describe_address(const wire::Fault &fault) const {
  const std::uint64_t address = fault.address;
  if (address < kNullBytes) return address == 0 ? "null" : "null and " + count_text(address, "byte");
  if (memory_.contains(address)) return describe_device_address(address);
  const std::uint64_t low = fault.stack_begin - std::min(fault.stack_begin, kFrameBytes);
  if (fault.stack_begin != 0 && in_range(address, low, kFrameBytes + page_bytes()) &&
      in_range(fault.stack_pointer, low, 2 * kFrameBytes))
    return "past the end of the thread's stack: its " +
           std::to_string((fault.stack_end - fault.stack_begin) / chips::kMiB) +
           " MiB are used up (recursion, or large local variables)";
  if (const std::optional<std::string> object = code_.object_at(address)) return "read-only memory of " + *object;
  if (const std::optional<std::uint32_t> owner = DeviceMemory::owner_of(address))
    return "memory of device " + std::to_string(*owner) + ", which this device cannot reach";
  return describe_host_address(address);
}

std::string FaultReporter::describe_device_address(std::uint64_t address) const {
  const std::uint64_t window = memory_.window().address(0);
  const std::string place = in_range(address, memory_.arena().address(0), memory_.arena().mapped_bytes())
                                ? "device memory"
                            : in_range(address, window, memory_.window().mapped_bytes()) ? "mapped memory"
                            : address < window ? "past the end of device memory"
                                               : "past the end of mapped memory";
  return allocations_.read([&](const AllocationList::List &allocations) {
    const Allocation *nearest = nearest_to(address, allocations);
    if (nearest == nullptr) return place + " that is not allocated";
    const std::uint64_t offset = address - nearest->device_address;
    if (offset < nearest->size_bytes)
      return "in " + name_of(*nearest) + offset_text(offset) + ": the machine has no memory left for it";
    return place + ", " + count_text(offset - nearest->size_bytes, "byte") + " after " + name_of(*nearest);
  });
}

std::string FaultReporter::describe_host_address(std::uint64_t address) const {
  std::string allocated = allocations_.read([&](const AllocationList::List &allocations) -> std::string {
    for (const Allocation &allocation : allocations) {
      const auto host = reinterpret_cast<std::uintptr_t>(allocation.host);
      if (allocation.host == nullptr || !in_range(address, host, allocation.size_bytes)) continue;
      return "the host's address of " + name_of(allocation) + offset_text(address - host) +
             (allocation.device_address != 0 ? ": kernels need the device's address" : ": kernels cannot reach it");
    }
    return {};
  });
  if (!allocated.empty()) return allocated;
  const std::vector<plugins::Region> regions = plugins::regions_of(address, address + 1);
  if (regions.empty()) return "mapped neither on the device nor in the host";
  return "a host address, in " + (regions[0].name.empty() ? "anonymous memory" : regions[0].name) +
         ": kernels reach only device memory and memory that is mapped for the device";
}

}  // namespace hal::sim
