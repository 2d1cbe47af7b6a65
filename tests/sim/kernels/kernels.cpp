// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "hal/kernel.h"

HAL_KERNEL(empty) {}

// Counts each block once: slot 0 counters[block_count], slot 1 sum of blocks.
HAL_KERNEL(count_blocks) {
  auto *counters = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  counters[hal_block_index(args)].fetch_add(1);
  args[0] = 0;  // the next block must not see this
}

// Uses the C++ library: exceptions, streams, memory, and a thread-local variable. Slot 0: counters of blocks that
// succeed, slot 1: the value to throw at.
HAL_KERNEL(uses_cxx_library) {
  thread_local std::vector<std::string> seen;
  auto *good = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  seen.push_back(std::string(100, 'x') + std::to_string(hal_block_index(args)));
  try {
    static_cast<void>(seen.at(hal_arg_scalar<uint64_t>(args, 1)));
  } catch (const std::out_of_range &error) {
    std::cerr << "" << std::flush;
    if (!std::string(error.what()).empty()) good[hal_block_index(args)].fetch_add(1);
  }
}

// Works for about slot 1 nanoseconds, and stores which thread ran the block.
HAL_KERNEL(busy_blocks) {
  auto *counters = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 1); ++i) sum = sum + i;
  counters[hal_block_index(args)].fetch_add(1);
}

// Looks at everything that a block sees, then overwrites all of it. Slot 0: counters of blocks that saw what they
// should, slot 1: 42. It looks at the 50 words, and at both contexts with the zeros that follow them.
HAL_KERNEL(scribble) {
  auto *good = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  const uint32_t block = hal_block_index(args);
  auto *local = reinterpret_cast<int32_t *>(args[HAL_ARGS_LOCAL_CONTEXT]);
  auto *global = reinterpret_cast<int64_t *>(args[HAL_ARGS_GLOBAL_CONTEXT]);
  bool fresh = args[1] == 42 && local[1] == static_cast<int32_t>(hal_block_count(args));
  for (int i = 2; i < HAL_ARGS_LOCAL_CONTEXT; ++i) fresh = fresh && args[i] == 0;
  for (int i = 2; i < 16; ++i) fresh = fresh && local[i] == 0;
  for (int i = 0; i < 6; ++i) fresh = fresh && global[i] == 0;
  for (int i = 0; i < HAL_ARGS_WORDS; ++i) args[i] = -1;
  for (int i = 0; i < 16; ++i) local[i] = -1;
  for (int i = 0; i < 6; ++i) global[i] = -1;
  if (fresh) good[block].fetch_add(1);
}

// Counts the blocks that see zero in the words that block 5 overwrites, one of them by a system call. Slot 0: counters.
HAL_KERNEL(overwrite_in_one_block) {
  auto *good = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  const uint32_t block = hal_block_index(args);
  if (args[3] == 0 && args[4] == 0 && args[5] == 0) good[block].fetch_add(1);
  if (block != 5) return;
  args[3] = -1;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, reinterpret_cast<timespec *>(args + 4));
}

// Jumps to its arguments, which are not executable.
HAL_KERNEL(run_arguments) { reinterpret_cast<void (*)()>(reinterpret_cast<uintptr_t>(args))(); }

// Blocks 0 and 1 wait for each other if slot 1 is not zero. Slot 0: two flags.
HAL_KERNEL(meet_if) {
  if (args[1] == 0) return;
  auto *flags = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  const uint32_t block = hal_block_index(args);
  flags[block].store(1);
  while (flags[1 - block].load() == 0) {
  }
}

// Waits until *slot 0 is not zero, then writes 2 to the word after it.
HAL_KERNEL(wait_for_flag) {
  auto *flag = hal_arg_pointer<std::atomic<uint32_t>>(args, 0);
  while (flag[0].load() == 0) {
  }
  flag[1].store(2);
}

// Copies slot 2 floats from slot 1 to slot 0.
HAL_KERNEL(copy_floats) {
  auto *to = hal_arg_pointer<float>(args, 0);
  auto *from = hal_arg_pointer<float>(args, 1);
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 2); ++i) to[i] = from[i];
}

// Adds 1 to slot 1 floats.
HAL_KERNEL(add_one_to_floats) {
  auto *data = hal_arg_pointer<float>(args, 0);
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 1); ++i) data[i] += 1.0f;
}

// Sets slot 2 bytes at slot 0 + slot 1 to 'X'.
HAL_KERNEL(set_bytes) {
  auto *data = hal_arg_pointer<volatile char>(args, 0) + hal_arg_scalar<uint64_t>(args, 1);
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 2); ++i) data[i] = 'X';
}

// Waits until the first word of slot 0 is an address. Writes 7 to each of slot 1 bytes there.
HAL_KERNEL(write_where_told) {
  auto *address = hal_arg_pointer<std::atomic<uint64_t>>(args, 0);
  while (address->load() == 0) {
  }
  auto *data = reinterpret_cast<volatile char *>(address->load());
  for (uint64_t i = 0; i < hal_arg_scalar<uint64_t>(args, 1); ++i) data[i] = 7;
}

// Jumps to slot 0, which is not executable, although it can be read.
HAL_KERNEL(run_data) { hal_arg_pointer<void()>(args, 0)(); }

// Not sanitized: the processor must report a bad address, also null, instead of the sanitizer.
__attribute__((no_sanitize("undefined"), noinline)) static uint32_t read(volatile uint32_t *address) {
  return *address;
}

HAL_KERNEL(read_address) {
  hal_arg_pointer<volatile uint32_t>(args, 1)[0] = read(hal_arg_pointer<volatile uint32_t>(args, 0));
}

// address, block: this block writes to the address
HAL_KERNEL(write_address_in_block) {
  if (hal_block_index(args) != hal_arg_scalar<uint32_t>(args, 1)) return;
  hal_arg_pointer<volatile uint32_t>(args, 0)[0] = 1;
}

// Not inlined: the report of a fault must find its symbol.
__attribute__((no_sanitize("undefined"), noinline)) static void write_from_helper(volatile uint32_t *address) {
  *address = 1;
  *address = 2;
}

// address
HAL_KERNEL(write_in_helper) { write_from_helper(hal_arg_pointer<volatile uint32_t>(args, 0)); }

// address: the C library writes to it, called from here
HAL_KERNEL(fill_in_library) {
  auto *bytes = hal_arg_pointer<volatile uint8_t>(args, 0);
  std::memset(const_cast<uint8_t *>(bytes), 1, hal_arg_scalar<uint64_t>(args, 1));
  bytes[0] = 2;  // no tail call: the caller must be on the stack
}

__attribute__((no_sanitize("undefined"), noinline)) static void call_there(void (*function)(),
                                                                           volatile uint32_t *done) {
  function();
  *done = 1;
}

HAL_KERNEL(jump) {
  volatile uint32_t done = 0;
  call_there(reinterpret_cast<void (*)()>(args[0]), &done);
}

__attribute__((noinline)) static uint64_t recurse(volatile uint64_t *sum, uint64_t depth) {
  volatile uint64_t frame[64];
  frame[depth % 64] = depth;
  return depth == UINT64_MAX ? *sum : recurse(sum, depth + 1) + frame[depth % 64];
}

HAL_KERNEL(use_up_the_stack) {
  volatile uint64_t sum = 0;
  sum = recurse(&sum, 0);
}

HAL_KERNEL(raise_signal) {
  raise(hal_arg_scalar<int>(args, 0));
  args[0] = 0;  // no tail call
}

__attribute__((noinline)) static void wait_for_ever(std::atomic<uint32_t> *flag) {
  while (flag->load() != UINT32_MAX) usleep(1000);
}

// All blocks end, except block slot 1: it sleeps until a flag that is never set.
HAL_KERNEL(deadlock_in_block) {
  if (hal_block_index(args) == hal_arg_scalar<uint32_t>(args, 1))
    wait_for_ever(hal_arg_pointer<std::atomic<uint32_t>>(args, 0));
}

// Works for slot 1 nanoseconds of processor time of its thread.
HAL_KERNEL(work_for) {
  const auto now = [] {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(time.tv_nsec);
  };
  for (const uint64_t end = now() + hal_arg_scalar<uint64_t>(args, 0); now() < end;) {
  }
}

HAL_KERNEL(call_exit) { std::exit(7); }
HAL_KERNEL(leave_at_once) { _exit(7); }

HAL_KERNEL(call_abort) { std::abort(); }

HAL_KERNEL(never_ends) {
  for (volatile uint64_t i = 0;;) i = i + 1;
}

HAL_KERNEL(add_one) {
  auto *value = hal_arg_pointer<uint32_t>(args, 0);
  value[0] += 1;
}

extern "C" __attribute__((visibility("default"))) void scaled_sum(double *out, float a, int8_t b, float c, uint16_t d,
                                                                  int64_t e, float f, int32_t g, uint8_t h, float i) {
  *out = a + b + c + d + static_cast<double>(e) + f + g + h + i;
}

HAL_KERNEL(exec_program) { execl("/bin/sleep", "sleep", "60", static_cast<char *>(nullptr)); }

// Sends slot 0 bytes on the control socket of the device process.
HAL_KERNEL(send_to_host) {
  constexpr int kControlSocket = 6;
  const std::vector<char> bytes(hal_arg_scalar<uint64_t>(args, 0), 'A');
  send(kControlSocket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}
