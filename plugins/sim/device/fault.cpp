// SPDX-License-Identifier: Apache-2.0
#include "sim/device/fault.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>

#include "sim/device/output.hpp"
#include "sim/device/worker.hpp"

// Present in builds with a sanitizer: called when it has printed its report and is about to end the process.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace hal::sim::device::fault {
namespace {

constexpr std::size_t kSignalStackBytes = 64 * 1024;
constexpr int kFaultSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

wire::Control *control = nullptr;

// The record, if nobody has begun it yet: the first fault is the one that counts.
wire::Fault *begin_record(wire::FaultCause cause) noexcept {
  std::uint32_t none = wire::Fault::kNone;
  if (!control->fault.state.compare_exchange_strong(none, wire::Fault::kWriting)) return nullptr;
  output::end_all_lines();  // before the host learns of it
  wire::Fault &fault = control->fault;
  fault.cause = cause;
  fault.stream = wire::kNoStream;
  return &fault;
}

void name_launch(wire::Fault &fault, const wire::Command &command) noexcept {
  fault.stream = command.stream;
  fault.ticket = command.ticket;
  fault.kernel_id = command.kernel_id;
}

void name_worker(wire::Fault &fault) noexcept {
  const Worker *worker = Worker::current();
  if (worker == nullptr || worker->command() == nullptr) return;
  name_launch(fault, *worker->command());
  fault.block = worker->block();
  fault.worker = worker->index();
}

void end_record(wire::Fault &fault) noexcept {
  fault.state.store(wire::Fault::kWritten, std::memory_order_release);
  control->host_bell.ring_always();
}

wire::FaultAccess access_of([[maybe_unused]] int signal, [[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  constexpr greg_t kPageFault = 14;
  if (signal != SIGSEGV || context.uc_mcontext.gregs[REG_TRAPNO] != kPageFault) return wire::FaultAccess::kUnknown;
  return (context.uc_mcontext.gregs[REG_ERR] & 2) != 0 ? wire::FaultAccess::kWrite : wire::FaultAccess::kRead;
#else
  return wire::FaultAccess::kUnknown;  // aarch64 tells only in a record that the kernel may leave out
#endif
}

std::uint64_t program_counter([[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
  return 0;
#endif
}

void on_signal(int signal, siginfo_t *info, void *raw_context) {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kSignal); fault != nullptr) {
    const auto &context = *static_cast<const ucontext_t *>(raw_context);
    fault->signal = signal;
    fault->signal_code = info->si_code;
    fault->address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    fault->access = access_of(signal, context);
    fault->program_counter = program_counter(context);
    name_worker(*fault);
    end_record(*fault);
  }
  _exit(128 + signal);
}

// A sanitizer's own exit, or exit() called by a kernel.
void on_sanitizer_death() {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kSanitizer); fault != nullptr) {
    name_worker(*fault);
    end_record(*fault);
  }
}

void on_exit() {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kExit); fault != nullptr) {
    name_worker(*fault);
    end_record(*fault);
  }
}

}  // namespace

void install(wire::Control &shared) {
  control = &shared;
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : kFaultSignals) sigaction(signal, &action, nullptr);
  std::atexit(on_exit);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(on_sanitizer_death);
}

void prepare_thread() {
  void *memory = mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;  // a stack overflow will then end the process without a record
  const stack_t stack = {.ss_sp = memory, .ss_flags = 0, .ss_size = kSignalStackBytes};
  sigaltstack(&stack, nullptr);
}

void time_out(const wire::Command &command, std::uint64_t elapsed_ns) {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kTimeout); fault != nullptr) {
    fault->elapsed_ns = elapsed_ns;
    name_launch(*fault, command);
    end_record(*fault);
  }
  _exit(EXIT_FAILURE);
}

}  // namespace hal::sim::device::fault
