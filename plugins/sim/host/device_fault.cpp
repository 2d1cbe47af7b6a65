// SPDX-License-Identifier: Apache-2.0
//
// Why a device was lost, as a sentence: the launch, what the kernel did, where in its code, and what lies there.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <vector>

#include "common/memory_map.hpp"
#include "hal/names.h"
#include "sim/host/device.hpp"
#include "sim/host/executable.hpp"
#include "sim/host/memory.hpp"
#include "sim/host/symbols.hpp"

namespace hal::sim {
namespace {

constexpr std::uint64_t kNullBytes = 64 * 1024;     // from address 0; nothing is ever mapped there
constexpr std::uint64_t kFrameBytes = chips::kMiB;  // the most that a function's frame is taken to be
constexpr std::size_t kToldBlocks = 4;
constexpr const char *kHint = "call hal_device_reset, or close the device and open it again; its memory is gone";

// All devices of this backend in this process.
struct Devices {
  std::mutex mutex;
  std::vector<const Device *> list;
};

Devices &devices() {
  static Devices all;
  return all;
}

// Whether the kernel's own access raised the signal. One that was sent has no address, and the processor tells none for
// an address that can never exist (SI_KERNEL).
bool has_address(const wire::Fault &fault) {
  return fault.cause == wire::FaultCause::kSignal && (fault.signal == SIGSEGV || fault.signal == SIGBUS) &&
         fault.signal_code > 0 && fault.signal_code != SI_KERNEL;
}

std::string engine_name(std::uint8_t engine) { return engine == 0 ? "" : hal_name_of_engine(engine); }

std::string name_of(const Allocation &allocation) {
  return "the " + count_text(allocation.size_bytes, "byte") + " of " + hal_name_of_mem_kind(allocation.kind) +
         " memory at " + hex_text(allocation.device_address) +
         (allocation.tag.empty() ? "" : " (\"" + allocation.tag + "\")");
}

bool in_range(std::uint64_t address, std::uint64_t begin, std::uint64_t size) {
  return address >= begin && address - begin < size;
}

std::string offset_text(std::uint64_t offset) { return offset == 0 ? "" : ", " + count_text(offset, "byte") + " in"; }

}  // namespace

void Device::enlist() {
  const std::lock_guard lock(devices().mutex);
  devices().list.push_back(this);
}

void Device::delist() {
  const std::lock_guard lock(devices().mutex);
  std::erase(devices().list, this);
}

std::uint64_t Device::untouched_bytes_of_all() {
  const std::lock_guard lock(devices().mutex);
  std::uint64_t all = 0;
  for (const Device *device : devices().list) all += device->untouched_bytes();
  return all;
}

plugin::Failure Device::loss(std::uint32_t stream, std::uint64_t ticket) {
  const wire::Fault &fault = control().fault;
  if (fault.state.load(std::memory_order_acquire) < wire::Fault::kTold) {
    const std::string cause = home_ == nullptr
                                  ? "its process could not be started again"
                                  : "device process " + std::to_string(process_id()) + " " + home_->obituary();
    return {HAL_ERR_DEVICE_LOST, "device " + std::to_string(ordinal_) + " is lost: " + cause, kHint, 0, "sim"};
  }
  const std::lock_guard lock(objects_mutex_);
  const FaultStory &story = fault_story(fault);
  if (stream == wire::kNoStream || fault.stream != stream || fault.ticket != ticket)
    return {HAL_ERR_DEVICE_LOST, "device " + std::to_string(ordinal_) + " is lost: " + story.text, kHint, 0, "sim"};
  const bool timeout = fault.cause == wire::FaultCause::kTimeout;
  return plugin::Failure(timeout ? HAL_ERR_KERNEL_TIMEOUT : HAL_ERR_KERNEL_FAULT,
                         "ticket " + std::to_string(ticket) + ": " + story.text, kHint, fault.signal, "sim")
      .of_kernel(story.facts);
}

const Device::KernelName *Device::name_of(const wire::Fault &fault) const {
  const auto found = kernel_names_.find(fault.kernel_id);
  return fault.stream != wire::kNoStream && found != kernel_names_.end() ? &found->second : nullptr;
}

const Device::FaultStory &Device::fault_story(const wire::Fault &fault) {
  if (fault_story_) return *fault_story_;
  FaultStory story = {tell_fault(fault), {}};
  if (const KernelName *kernel = name_of(fault); kernel != nullptr) story.facts.kernel = kernel->name;
  if (fault.cause != wire::FaultCause::kTimeout) story.facts.block = fault.block;
  if (has_address(fault)) {
    story.facts.address = fault.address;
    if (fault.access == wire::FaultAccess::kRead) story.facts.access = HAL_FAULT_READ;
    if (fault.access == wire::FaultAccess::kWrite) story.facts.access = HAL_FAULT_WRITE;
  }
  return fault_story_.emplace(std::move(story));
}

std::string Device::tell_fault(const wire::Fault &fault) const {
  std::string where = "no kernel was running on that thread";
  if (fault.stream != wire::kNoStream) {
    const KernelName *kernel = name_of(fault);
    where = "kernel " + (kernel != nullptr ? kernel->name + " of " + kernel->object : "?");
    if (const std::string engine = engine_name(fault.engine); !engine.empty()) where += " on " + engine;
  }
  if (fault.cause == wire::FaultCause::kTimeout) return where + tell_timeout(fault);
  if (fault.stream != wire::kNoStream) where += ", block " + std::to_string(fault.block);
  if (fault.cause == wire::FaultCause::kSanitizer) return where + ": a sanitizer has reported an error (see stderr)";
  if (fault.cause == wire::FaultCause::kExit) return where + ": exit() was called in the device process";
  std::string text = where + ": signal " + std::to_string(fault.signal) + " (" + strsignal(fault.signal) + ")";
  if (has_address(fault)) {
    const bool jump = fault.frames.count != 0 && fault.frames.addresses[0] == fault.address;
    const char *access = jump                                        ? "jumping to "
                         : fault.access == wire::FaultAccess::kWrite ? "writing "
                         : fault.access == wire::FaultAccess::kRead  ? "reading "
                                                                     : "at ";
    text += std::string(" ") + access + hex_text(fault.address) + ", which is " + tell_address(fault);
  }
  const std::string place = tell_place(fault, fault.frames);
  return place.empty() ? text : text + "; in " + place;
}

std::string Device::tell_timeout(const wire::Fault &fault) const {
  std::string text =
      " ran for " + std::to_string(fault.elapsed_ns / 1'000'000) + " ms, beyond its time limit, and was stopped";
  std::size_t running = 0;
  for (const wire::Straggler &straggler : control().stragglers) {
    const std::uint32_t state = straggler.state.load(std::memory_order_acquire);
    if (state != wire::Straggler::kRunning && state != wire::Straggler::kAsked) continue;
    if (++running > kToldBlocks) continue;
    text += running == 1 ? "; still running: " : ", ";
    if (state == wire::Straggler::kAsked) {
      text += "one that did not answer when asked where it is";
      continue;
    }
    const std::string place = tell_place(fault, straggler.frames);
    text += "block " + std::to_string(straggler.block) + (place.empty() ? "" : " in " + place);
  }
  return running > kToldBlocks ? text + " and " + std::to_string(running - kToldBlocks) + " more" : text;
}

const Executable *Device::executable_at(std::uint64_t program_counter) const {
  const auto found = std::find_if(executables_.begin(), executables_.end(), [&](const Executable *executable) {
    return in_range(program_counter, executable->loaded_at, executable->extent_bytes);
  });
  return found != executables_.end() ? *found : nullptr;
}

// The innermost frame in a kernel object: "step+0x1c", with what is between it and the place itself; "" = none is.
std::string Device::tell_place(const wire::Fault &fault, const wire::Frames &frames) const {
  const KernelName *kernel = name_of(fault);
  for (std::uint32_t i = 0; i < std::min(frames.count, wire::kMaxFrames); ++i) {
    const std::uint64_t address = frames.addresses[i] - (i == 0 ? 0 : 1);  // a return address may be another function's
    const Executable *executable = executable_at(address);
    if (executable == nullptr) continue;
    const std::uint64_t offset = address - executable->loaded_at;
    std::string text = function_at(executable->file, offset);
    if (text.empty()) text = "code at offset " + hex_text(offset);
    if (kernel == nullptr || kernel->object != executable->label) text += " of " + executable->label;
    return i == 0 ? text : "code that is no kernel object's, called from " + text;
  }
  return {};
}

std::string Device::tell_address(const wire::Fault &fault) const {
  const std::uint64_t address = fault.address;
  if (address < kNullBytes) return address == 0 ? "null" : "null and " + count_text(address, "byte");
  if (in_range(address, reservation_.address(), reservation_.size_bytes())) return tell_device_address(address);
  const std::uint64_t low = fault.stack_begin - std::min(fault.stack_begin, kFrameBytes);
  if (fault.stack_begin != 0 && in_range(address, low, kFrameBytes + page_bytes()) &&
      in_range(fault.stack_pointer, low, 2 * kFrameBytes))
    return "beyond the end of the thread's stack: its " +
           std::to_string((fault.stack_end - fault.stack_begin) / chips::kMiB) +
           " MiB are used up (recursion, or large local variables)";
  if (const Executable *executable = executable_at(address); executable != nullptr)
    return "read-only memory of " + executable->label;
  {
    const std::lock_guard lock(devices().mutex);
    for (const Device *other : devices().list)
      if (in_range(address, other->reservation_.address(), other->reservation_.size_bytes()))
        return "memory of device " + std::to_string(other->ordinal_) + ", which this device does not reach";
  }
  return tell_host_address(address);
}

// In the device's range, by the allocation that it is in or that ends before it.
std::string Device::tell_device_address(std::uint64_t address) const {
  const Allocation *nearest = nullptr;
  for (const OwnedAllocation &owned : allocations_) {
    const auto &allocation = static_cast<const Allocation &>(owned);
    if (allocation.device_address == 0 || allocation.device_address > address) continue;
    if (nearest == nullptr || allocation.device_address > nearest->device_address) nearest = &allocation;
  }
  const bool mapped = in_range(address, window_base_, window_view_.size_bytes());
  const std::string place = in_range(address, reservation_.address(), arena_.mapped_bytes()) ? "device memory"
                            : mapped                                                         ? "mapped memory"
                            : address < window_base_ ? "behind the end of device memory"
                                                     : "behind the end of mapped memory";
  if (nearest == nullptr) return place + " that is not allocated";
  const std::uint64_t offset = address - nearest->device_address;
  if (offset < nearest->size_bytes)
    return "inside " + sim::name_of(*nearest) + offset_text(offset) + ": the machine has no memory left for it";
  return place + ", " + count_text(offset - nearest->size_bytes, "byte") + " behind " + sim::name_of(*nearest);
}

std::string Device::tell_host_address(std::uint64_t address) const {
  for (const OwnedAllocation &owned : allocations_) {
    const auto &allocation = static_cast<const Allocation &>(owned);
    const auto host = reinterpret_cast<std::uintptr_t>(allocation.host);
    if (allocation.host == nullptr || !in_range(address, host, allocation.size_bytes)) continue;
    std::string text = "the host's address of " + sim::name_of(allocation) + offset_text(address - host);
    return allocation.device_address != 0 ? text + ": kernels need the device's" : text + ": kernels cannot reach it";
  }
  const std::vector<plugins::Region> regions = plugins::regions_of(address, address + 1);
  if (regions.empty()) return "not mapped, neither on the device nor in the host";
  return "a host address, in " + (regions[0].name.empty() ? "anonymous memory" : regions[0].name) +
         ": kernels reach only device memory and what is mapped for the device";
}

}  // namespace hal::sim
