// SPDX-License-Identifier: Apache-2.0
#include "sim/device/fault.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>

#include "sim/device/frames.hpp"
#include "sim/device/output.hpp"
#include "sim/device/worker.hpp"

// Present in builds with a sanitizer. The sanitizer calls `callback` after its report, before it ends the process.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace hal::sim::device::fault {
namespace {

constexpr std::size_t kSignalStackBytes = 64 * 1024;
constexpr int kFaultSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

constexpr std::uint64_t kAnswerNs = 100'000'000;  // time for workers to record their running blocks
constexpr suseconds_t kFramesUs = 500'000;        // time to walk a stack, which may be destroyed

wire::Control *control = nullptr;
WindowAccess *window = nullptr;
wire::Doorbell answers = {};

struct Stack {
  std::uint64_t begin;
  std::uint64_t end;
};
thread_local Stack own_stack = {};

// Asks a worker for its running block.
int request_signal() { return SIGRTMIN + 6; }

// Returns the record to the first thread that asks for it, and null to all others: only the first fault is recorded.
wire::Fault *begin_record(wire::FaultCause cause) noexcept {
  std::uint32_t none = wire::Fault::kNone;
  if (!control->fault.state.compare_exchange_strong(none, wire::Fault::kWriting)) return nullptr;
  output::end_all_lines();  // before the host sees the fault
  wire::Fault &fault = control->fault;
  fault.cause = cause;
  fault.stream = wire::kNoStream;
  return &fault;
}

void add_launch(wire::Fault &fault, const wire::Command &command) noexcept {
  fault.stream = command.stream;
  fault.ticket = command.ticket;
  fault.kernel_id = command.kernel_id;
  fault.engine = command.engine;
}

void add_worker(wire::Fault &fault) noexcept {
  const Worker *worker = Worker::current();
  if (worker == nullptr || worker->command() == nullptr) return;
  add_launch(fault, *worker->command());
  fault.block = worker->block();
}

void end_record(wire::Fault &fault) noexcept {
  fault.state.store(wire::Fault::kWritten, std::memory_order_release);
  control->host_doorbell.ring_always();
}

wire::FaultAccess access_of([[maybe_unused]] int signal, [[maybe_unused]] const ucontext_t &context) noexcept {
#if defined(__x86_64__)
  constexpr greg_t kPageFault = 14;
  if (signal != SIGSEGV || context.uc_mcontext.gregs[REG_TRAPNO] != kPageFault) return wire::FaultAccess::kUnknown;
  return (context.uc_mcontext.gregs[REG_ERR] & 2) != 0 ? wire::FaultAccess::kWrite : wire::FaultAccess::kRead;
#else
  return wire::FaultAccess::kUnknown;  // on aarch64 the access is in an optional record
#endif
}

// Another thread writes the record. The process must live until it is complete; that thread then ends the process.
void wait_for_record() noexcept {
  while (control->fault.state.load(std::memory_order_acquire) != wire::Fault::kWritten) sched_yield();
}

// If the walk does not end, or needs a lock that this thread holds, SIGALRM ends the process. What was reported before
// stays valid.
void add_frames(wire::Fault &fault, const ucontext_t &context) noexcept {
  fault.state.store(wire::Fault::kReported, std::memory_order_release);
  signal(SIGALRM, SIG_DFL);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  const itimerval limit = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = kFramesUs}};
  setitimer(ITIMER_REAL, &limit, nullptr);
  capture_frames(context, fault.frames);
}

// Memory that the host allocated while the kernel was running.
bool is_repaired(int signal, const siginfo_t &info, const ucontext_t &context) noexcept {
  return signal == SIGSEGV && info.si_code == SEGV_ACCERR &&
         window->allow(reinterpret_cast<std::uintptr_t>(info.si_addr), program_counter(context));
}

void on_signal(int signal, siginfo_t *info, void *raw_context) {
  if (is_repaired(signal, *info, *static_cast<const ucontext_t *>(raw_context))) return;
  if (wire::Fault *fault = begin_record(wire::FaultCause::kSignal); fault != nullptr) {
    const auto &context = *static_cast<const ucontext_t *>(raw_context);
    fault->signal = signal;
    fault->signal_code = info->si_code;
    fault->address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    fault->access = access_of(signal, context);
    fault->stack_pointer = stack_pointer(context);
    fault->stack_begin = own_stack.begin;
    fault->stack_end = own_stack.end;
    fault->frames.addresses[0] = program_counter(context);
    fault->frames.count = 1;
    add_worker(*fault);
    add_frames(*fault, context);
    end_record(*fault);
  } else {
    wait_for_record();
  }
  _exit(128 + signal);
}

// Runs on the thread of a worker.
void on_request(int, siginfo_t *, void *raw_context) {
  const Worker *worker = Worker::current();
  if (worker == nullptr) return;
  wire::RunningBlock &record = control->running_blocks[worker->index()];
  const bool running = worker->command() != nullptr;
  if (running) {
    record.block = worker->block();
    capture_frames(*static_cast<const ucontext_t *>(raw_context), record.frames);
  }
  record.state.store(running ? wire::RunningBlock::kRunning : wire::RunningBlock::kIdle, std::memory_order_release);
  answers.ring_always();
}

// Waits until each worker has answered, or for kAnswerNs: a kernel may have blocked the signal.
void record_running_blocks(const std::vector<int> &threads) {
  struct sigaction action = {};
  action.sa_sigaction = on_request;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  for (const int fatal : kFaultSignals) sigdelset(&action.sa_mask, fatal);  // the stack may be destroyed
  sigaction(request_signal(), &action, nullptr);
  for (std::size_t i = 0; i < threads.size(); ++i) {
    if (threads[i] == 0) continue;
    control->running_blocks[i].state.store(wire::RunningBlock::kAsked);
    syscall(SYS_tgkill, getpid(), threads[i], request_signal());
  }
  const auto all_answered = [&] {
    for (std::size_t i = 0; i < threads.size(); ++i)
      if (control->running_blocks[i].state.load(std::memory_order_acquire) == wire::RunningBlock::kAsked) return false;
    return true;
  };
  const std::uint64_t end = wire::now_ns() + kAnswerNs;
  for (std::uint64_t now = wire::now_ns(); now < end && !all_answered(); now = wire::now_ns())
    answers.sleep(all_answered, end - now);
}

void on_sanitizer_death() {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kSanitizer); fault != nullptr) {
    add_worker(*fault);
    end_record(*fault);
  }
}

// A kernel called exit().
void on_exit() {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kExit); fault != nullptr) {
    add_worker(*fault);
    end_record(*fault);
  }
}

}  // namespace

void install(wire::Control &shared, WindowAccess &access) {
  control = &shared;
  window = &access;
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  for (const int signal : kFaultSignals) sigaction(signal, &action, nullptr);
  std::atexit(on_exit);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(on_sanitizer_death);
}

void prepare_thread() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    void *begin = nullptr;
    std::size_t size = 0;
    if (pthread_attr_getstack(&attributes, &begin, &size) == 0)
      own_stack = {reinterpret_cast<std::uintptr_t>(begin), reinterpret_cast<std::uintptr_t>(begin) + size};
    pthread_attr_destroy(&attributes);
  }
  void *memory = mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;  // then a stack overflow ends the process without a record
  const stack_t stack = {.ss_sp = memory, .ss_flags = 0, .ss_size = kSignalStackBytes};
  sigaltstack(&stack, nullptr);
}

void time_out(const wire::Command &command, std::uint64_t elapsed_ns, const std::vector<int> &threads) {
  if (wire::Fault *fault = begin_record(wire::FaultCause::kTimeout); fault != nullptr) {
    fault->elapsed_ns = elapsed_ns;
    add_launch(*fault, command);
    fault->state.store(wire::Fault::kReported, std::memory_order_release);
    record_running_blocks(threads);
    end_record(*fault);
  }
  _exit(EXIT_FAILURE);
}

}  // namespace hal::sim::device::fault
