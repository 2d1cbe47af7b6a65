// SPDX-License-Identifier: Apache-2.0
#include "sim/host/reports/diagnose.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "sim/host/memory/address_space.hpp"
#include "support/machine.hpp"
#include "support/text.hpp"

namespace hal::sim {
namespace {

using plugins::Findings;
using plugins::size_text;

struct SignalMeaning {
  int signal;
  const char *cause;
  const char *hint;
};

constexpr SignalMeaning kSignals[] = {
    {SIGILL, "SIGILL: a kernel ran an instruction that this processor does not have, or executed a trap",
     "compile the kernel for this machine's processor, and check its assertions"},
    {SIGTRAP, "SIGTRAP: a kernel executed a trap", "check the kernel's assertions"},
    {SIGABRT, "SIGABRT: a kernel called abort: a failed assertion, an exception, or a sanitizer's report",
     "read the device process's stderr"},
    {SIGBUS, "SIGBUS: a kernel accessed memory without a page, usually because the machine is out of memory",
     "free memory, or set HAL_SIM_MEMORY to less"},
    {SIGFPE, "SIGFPE: a kernel divided an integer by zero", "check the divisors in the kernel"},
    {SIGKILL, "SIGKILL: the device process was killed from outside, usually by the system because of low memory",
     "read dmesg; free memory, or use fewer devices"},
    {SIGSYS, "SIGSYS: a kernel made a forbidden system call", "remove the system call from the kernel"},
    {SIGSEGV, "SIGSEGV: a kernel accessed an address outside of device memory: past an allocation, or of the host",
     "read the message of hal_last_error: it names the address, the kernel and the block"},
};

void diagnose_process(const Options &options, const std::string &helper_path, Findings &findings) {
  findings.begin("device process");
  if (!options.own_process) {
    findings.warning("HAL_SIM_PROCESS", "0: kernels run in the host process; crashes and time limits are not contained",
                     "unset it unless you use a debugger");
  } else if (::access(helper_path.c_str(), F_OK) != 0) {
    findings.problem("program", helper_path + " is missing",
                     "reinstall libhal: the program belongs in the plugin's directory");
  } else if (::access(helper_path.c_str(), X_OK) != 0) {
    findings.problem("program", helper_path + " is not executable by this user",
                     "chmod +x it, or mount its file system without noexec");
  } else {
    findings.ok("program", helper_path);
  }
  findings.info("workers", std::to_string(options.workers) + " threads on each of " + std::to_string(options.devices) +
                               " devices");
}

// Reports a limit, and whether one device fits in it.
void judge_limit(Findings &findings, const char *name, std::uint64_t limit, std::uint64_t needed,
                 const std::string &hint) {
  const std::string value = limit == UINT64_MAX ? "unlimited" : size_text(limit);
  if (limit >= needed)
    findings.ok(name, value);
  else
    findings.problem(name, value + "; one device needs " + size_text(needed), hint);
}

// Device memory is mapped twice: at the device's addresses, and for the copies of the host.
std::uint64_t needed_addresses(const Options &options) {
  return 2 * (arena_room_bytes(options) + window_room_bytes(options));
}

void diagnose_memory(const Options &options, const Limits &limits, const std::string &root, Findings &findings) {
  findings.begin("memory");
  findings.info("device memory", size_text(options.memory_bytes) + " of each device; only used pages take memory");
  findings.info("mapped memory", size_text(options.mapped_bytes) + " of each device");
  const std::string less = std::string("or set HAL_SIM_MEMORY and HAL_SIM_MAPPED_MEMORY to less") +
                           (options.sanitize ? ", or HAL_SIM_SANITIZE to 0" : "");
  judge_limit(findings, "address space", limits.address_space_bytes, needed_addresses(options),
              "raise ulimit -v, " + less);
  judge_limit(findings, "file size", limits.file_bytes, std::max(arena_room_bytes(options), window_room_bytes(options)),
              "raise ulimit -f, " + less);
  if (const auto available = plugins::meminfo_bytes(root, "MemAvailable"))
    findings.info("available", size_text(*available) + " of the machine's memory");
  const auto overcommit = plugins::first_line(root, "/proc/sys/vm/overcommit_memory");
  if (overcommit == "2")
    findings.warning("overcommit", "2: the system may refuse large reservations",
                     "sysctl vm.overcommit_memory=0, or set HAL_SIM_MEMORY to less");
  else if (overcommit)
    findings.ok("overcommit", *overcommit);
  findings.info("page size", size_text(page_bytes()) + "; registered ranges are whole pages");
}

}  // namespace

Limits read_limits() {
  const auto bytes = [](rlim_t limit) { return limit == RLIM_INFINITY ? UINT64_MAX : std::uint64_t{limit}; };
  return {bytes(plugins::soft_limit(RLIMIT_AS)), bytes(plugins::soft_limit(RLIMIT_FSIZE))};
}

void diagnose(const Options &options, const std::string &helper_path, const Limits &limits, const std::string &root,
              Findings &findings) {
  diagnose_process(options, helper_path, findings);
  diagnose_memory(options, limits, root, findings);
}

bool explain_signal(std::int64_t code, hal_native_error_v1_t &out) {
  const auto *found = std::find_if(std::begin(kSignals), std::end(kSignals),
                                   [=](const SignalMeaning &meaning) { return meaning.signal == code; });
  if (found == std::end(kSignals)) return false;
  out.status = HAL_ERR_KERNEL_FAULT;
  out.domain = "sim";
  out.cause = found->cause;
  out.hint = found->hint;
  return true;
}

}  // namespace hal::sim
