// SPDX-License-Identifier: Apache-2.0
//
// The cost of crashing kernels: the time until the host knows, the time of a reset, and the effect on another device.
#include <benchmark/benchmark.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "cases.hpp"
#include "measure.hpp"
#include "session.hpp"

namespace hal::bench {
namespace {

using Clock = std::chrono::steady_clock;

double ns_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

void must_fail(hal_status_t status, hal_status_t expected, const char *what) {
  if (status != expected) check(status == HAL_OK ? HAL_ERR_INTERNAL : status, what);
}

// Device 1, which no other case has open.
class Victim {
 public:
  Victim() {
    check(hal_device_open(process_session().backend, 1, &device_), "hal_device_open");
    load();
  }
  ~Victim() { check(hal_device_close(device_), "hal_device_close"); }
  Victim(const Victim &) = delete;
  Victim &operator=(const Victim &) = delete;

  // Launches the kernel with this name, without arguments.
  std::uint64_t launch(const char *name) const {
    hal_kernel_t kernel = nullptr;
    check(hal_executable_find(executable_, name, &kernel), name);
    hal_launch_desc_t desc = {};
    desc.struct_size = sizeof desc;
    desc.kernel = kernel;
    desc.block_count = 1;
    std::uint64_t ticket = 0;
    desc.stream = stream_;
    check(hal_kernel_launch(&desc, &ticket), "hal_kernel_launch");
    return ticket;
  }
  hal_status_t wait(std::uint64_t ticket) const { return hal_stream_wait(stream_, ticket, HAL_TIMEOUT_FOREVER); }
  void crash() const { must_fail(wait(launch("crash")), HAL_ERR_KERNEL_FAULT, "a kernel that crashes"); }
  void reset() {
    check(hal_device_reset(device_), "hal_device_reset");
    executable_ = nullptr;
  }
  void load() {
    check(hal_device_stream(device_, &stream_), "hal_device_stream");
    check(hal_executable_load_file(device_, HAL_BENCH_KERNELS "/a2a3-sim/bench-kernels.so", &executable_), "load");
  }
  void unload() { check(hal_executable_unload(executable_), "hal_executable_unload"); }
  pid_t process() const {
    std::uint64_t process = 0;
    check(hal_device_query(device_, HAL_PROPERTY_DEVICE_PROCESS_ID, &process), "hal_device_query");
    return static_cast<pid_t>(process);
  }

 private:
  hal_device_t device_ = nullptr;
  hal_stream_t stream_ = nullptr;
  hal_executable_t executable_ = nullptr;
};

void fault_to_return(benchmark::State &state) {
  Victim victim;
  measure_returned(state, [&] {
    const std::uint64_t warm = victim.launch("empty");
    check(victim.wait(warm), "an empty kernel");
    const Clock::time_point start = Clock::now();
    victim.crash();
    const double took = ns_since(start);
    victim.reset();
    victim.load();
    return took;
  });
  victim.unload();
}

void reset_after_crash(benchmark::State &state) {
  Victim victim;
  measure_returned(state, [&] {
    victim.crash();
    const Clock::time_point start = Clock::now();
    victim.reset();
    const double took = ns_since(start);
    victim.load();
    return took;
  });
  victim.unload();
}

void open_to_first_launch(benchmark::State &state) {
  measure_returned(state, [&] {
    const Clock::time_point start = Clock::now();
    Victim victim;
    check(victim.wait(victim.launch("empty")), "an empty kernel");
    const double took = ns_since(start);
    victim.unload();
    return took;
  });
}

// The time from the end of the device process to the return of a sleeping waiter, at a random moment between two of its
// checks. The argument is the percentile.
void death_to_return(benchmark::State &state) {
  Victim victim;
  std::vector<double> times;
  for (auto _ : state) {
    const std::uint64_t ticket = victim.launch("endless");
    Clock::time_point woken;
    std::thread waiter([&] {
      must_fail(victim.wait(ticket), HAL_ERR_DEVICE_LOST, "a launch whose device process ends");
      woken = Clock::now();
    });
    std::this_thread::sleep_for(std::chrono::microseconds(15'000 + std::rand() % 10'000));
    const Clock::time_point start = Clock::now();
    kill(victim.process(), SIGKILL);
    waiter.join();
    times.push_back(std::chrono::duration<double, std::nano>(woken - start).count());
    victim.reset();
    victim.load();
  }
  victim.unload();
  std::sort(times.begin(), times.end());
  state.counters[kTypicalNs] = times[times.size() * static_cast<std::size_t>(state.range(0)) / 100];
}

// What another thread of this process does while device 0 works.
enum class Beside { kNothing, kCrashes, kProcesses };

void crash_until(const std::atomic<bool> &stop) {
  Victim victim;
  while (!stop.load()) {
    victim.crash();
    victim.reset();
    victim.load();
  }
  victim.unload();
}

void start_processes_until(const std::atomic<bool> &stop) {
  while (!stop.load()) run_empty_process();
}

// Work on device 0: one block of a millisecond, which uses one processor, or 48 blocks of a microsecond, which use all.
void neighbour(benchmark::State &state, Beside beside) {
  const Session &session = process_session();
  const auto blocks = static_cast<std::uint32_t>(state.range(0));
  std::atomic<bool> stop{false};
  std::thread loop;
  if (beside != Beside::kNothing)
    loop = std::thread(beside == Beside::kCrashes ? crash_until : start_processes_until, std::cref(stop));
  hal_arg_t steps = {};
  steps.type = HAL_ARG_SCALAR;
  steps.dtype = HAL_DTYPE_U64;
  steps.u.bits = busy_steps() * (blocks == 1 ? 1'000 : 1);
  measure(state, blocks == 1 ? 1 : 20, [&] { session.wait(session.launch(session.busy, blocks, &steps, 1)); });
  stop.store(true);
  if (loop.joinable()) loop.join();
}

}  // namespace

void add_crash_cases(bool few) {
  const int times = few ? 3 : 100;
  benchmark::RegisterBenchmark("crash/fault_to_return", fault_to_return)->Iterations(times);
  benchmark::RegisterBenchmark("crash/reset", reset_after_crash)->Iterations(times);
  benchmark::RegisterBenchmark("crash/death_to_return", death_to_return)->Arg(50)->Arg(99)->Iterations(times);
  benchmark::RegisterBenchmark("device/open_to_first_launch", open_to_first_launch)->Iterations(times);
  benchmark::RegisterBenchmark("neighbour/nothing", neighbour, Beside::kNothing)->Arg(1)->Arg(48);
  benchmark::RegisterBenchmark("neighbour/crashes", neighbour, Beside::kCrashes)->Arg(1)->Arg(48);
  benchmark::RegisterBenchmark("neighbour/processes", neighbour, Beside::kProcesses)->Arg(1)->Arg(48);
}

}  // namespace hal::bench
