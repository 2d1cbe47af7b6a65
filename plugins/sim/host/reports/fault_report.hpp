// SPDX-License-Identifier: Apache-2.0
//
// Describes a kernel fault: the launch, the signal, the place in the kernel's code, and what is at the address.
#ifndef HAL_PLUGINS_SIM_HOST_REPORTS_FAULT_REPORT_HPP_
#define HAL_PLUGINS_SIM_HOST_REPORTS_FAULT_REPORT_HPP_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "hal/hal_plugin.hpp"
#include "sim/host/memory/allocation.hpp"
#include "sim/host/reports/code_map.hpp"
#include "sim/wire/wire.hpp"

namespace hal::sim {

struct FaultReport {
  std::string text;
  plugin::KernelFault facts;
};

class FaultReporter {
 public:
  FaultReporter(const DeviceMemory &memory, const AllocationList &allocations, const CodeMap &code)
      : memory_(memory), allocations_(allocations), code_(code) {}

  // The report of the fault in a control block. It is made once: what it names may be freed later. Any thread.
  FaultReport report(const wire::Control &control);
  // What a device process that ended without recording a fault was doing, for example " while kernel a of k.so was
  // running (ticket 3)". "" = nothing is known. Found once, as the report. Any thread.
  std::string activity(const wire::Control &control);
  // The next fault is another one.
  void clear();

 private:
  std::string running_launch(const wire::Control &control) const;
  std::string describe_fault(const wire::Control &control, const std::optional<KernelName> &kernel) const;
  std::string describe_timeout(const wire::Control &control, const std::string &object) const;
  std::string describe_address(const wire::Fault &fault) const;
  std::string describe_device_address(std::uint64_t address) const;
  std::string describe_host_address(std::uint64_t address) const;

  const DeviceMemory &memory_;
  const AllocationList &allocations_;
  const CodeMap &code_;
  std::mutex mutex_;
  std::optional<FaultReport> report_;
  std::optional<std::string> activity_;
};

}  // namespace hal::sim

#endif  // HAL_PLUGINS_SIM_HOST_REPORTS_FAULT_REPORT_HPP_
