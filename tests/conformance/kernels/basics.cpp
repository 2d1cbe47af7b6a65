// SPDX-License-Identifier: Apache-2.0
//
// The kernels of the suite. A kernel that waits gives up after a while, so that a failing test does not leave it
// running.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hal/kernel.h"

namespace {

constexpr int64_t kPatienceSeconds = 20;

int64_t seconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

// Waits until *word has the value. Returns false if it does not get the value in time.
bool wait_for(const uint32_t *word, uint32_t value) {
  for (const int64_t end = seconds_now() + kPatienceSeconds; seconds_now() < end;) {
    for (int i = 0; i < 256; ++i) {
      if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) return true;
    }
  }
  return false;
}

}  // namespace

// An exported object that is not a function.
extern "C" __attribute__((visibility("default"))) int64_t not_a_kernel[4];
int64_t not_a_kernel[4] = {1, 2, 3, 4};

// out u64
HAL_KERNEL(kernel_entry) { *hal_arg_pointer<uint64_t>(args, 0) = 0x6b65726e656c; }

// x f32[n], n: adds 1 in place; the blocks share the elements
HAL_KERNEL(add_one) {
  HAL_GM float *x = hal_arg_pointer<float>(args, 0);
  const auto n = hal_arg_scalar<uint32_t>(args, 1);
  for (uint32_t i = hal_block_index(args); i < n; i += hal_block_count(args)) x[i] += 1.0F;
}

// x u64, factor, term: x = x * factor + term; the result shows the order of launches
HAL_KERNEL(affine) {
  HAL_GM uint64_t *x = hal_arg_pointer<uint64_t>(args, 0);
  *x = *x * hal_arg_scalar<uint64_t>(args, 1) + hal_arg_scalar<uint64_t>(args, 2);
}

// counter u64: every block adds one
HAL_KERNEL(bump) { __atomic_fetch_add(hal_arg_pointer<uint64_t>(args, 0), 1, __ATOMIC_RELAXED); }

// dst u64[n], src u64[n], n
HAL_KERNEL(copy_words) {
  const auto n = hal_arg_scalar<uint64_t>(args, 2);
  for (uint64_t i = 0; i < n; ++i) hal_arg_pointer<uint64_t>(args, 0)[i] = hal_arg_pointer<uint64_t>(args, 1)[i];
}

// out u64[50]: the words that the kernel received
HAL_KERNEL(report_words) { memcpy(hal_arg_pointer<uint64_t>(args, 0), args, HAL_ARGS_WORDS * sizeof(int64_t)); }

// out u64[8] for each block; see struct BlockReport of the tests
HAL_KERNEL(report_blocks) {
  HAL_GM uint64_t *out = hal_arg_pointer<uint64_t>(args, 0) + 8 * static_cast<uint64_t>(hal_block_index(args));
  __atomic_fetch_add(&out[0], 1, __ATOMIC_RELAXED);
  out[1] = hal_block_index(args);
  out[2] = hal_block_count(args);
  out[3] = reinterpret_cast<uint64_t>(args);
  out[4] = static_cast<uint64_t>(args[HAL_ARGS_LOCAL_CONTEXT]);
  out[5] = static_cast<uint64_t>(args[HAL_ARGS_GLOBAL_CONTEXT]);
  out[6] = hal_sub_block_id(args);
  for (int i = 1; i < HAL_ARGS_PARAMETER_WORDS; ++i) out[7] += args[i] != 0 ? 1 : 0;
  for (int i = 1; i < HAL_ARGS_PARAMETER_WORDS; ++i) args[i] = -1;  // no other block may see this
}

// ARGS_DESCRIPTORS: out u8[384], a, b: the three descriptors that the kernel received, followed by their addresses
HAL_KERNEL(report_descriptors) {
  const auto *out = hal_arg_pointer<HalTensorDescriptor>(args, 0);
  auto *bytes = reinterpret_cast<uint8_t *>(out->address);
  for (int i = 0; i < 3; ++i) {
    memcpy(bytes + 128 * i, hal_arg_pointer<uint8_t>(args, i), 128);
    memcpy(bytes + 384 + 8 * i, &args[i], 8);
  }
}

// box u32[2]: writes 1 to box[1], waits for 1 in box[0]
HAL_KERNEL(hold) {
  HAL_GM uint32_t *box = hal_arg_pointer<uint32_t>(args, 0);
  __atomic_store_n(&box[1], 1, __ATOMIC_RELEASE);
  wait_for(&box[0], 1);
}

// box u32[2]: waits for 1 in box[0], writes 42 to box[1], waits for 2, writes 43
HAL_KERNEL(talk) {
  HAL_GM uint32_t *box = hal_arg_pointer<uint32_t>(args, 0);
  if (!wait_for(&box[0], 1)) return;
  __atomic_store_n(&box[1], 42, __ATOMIC_RELEASE);
  if (!wait_for(&box[0], 2)) return;
  __atomic_store_n(&box[1], 43, __ATOMIC_RELEASE);
}

// out u64[2], address: out[0] = the word at the address, out[1] = 1 after the read
HAL_KERNEL(peek) {
  HAL_GM uint64_t *out = hal_arg_pointer<uint64_t>(args, 0);
  out[0] = *const_cast<volatile uint64_t *>(hal_arg_pointer<uint64_t>(args, 1));
  out[1] = 1;
}

// address: writes to it
HAL_KERNEL(crash) { *reinterpret_cast<volatile uint32_t *>(hal_arg_scalar<uint64_t>(args, 0)) = 1; }

// Never ends.
HAL_KERNEL(endless) {
  static volatile uint32_t for_ever;
  while (for_ever == 0) {
  }
}

// Ends its process.
HAL_KERNEL(leave) { _exit(3); }

// Overflows the stack.
HAL_KERNEL(recurse) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(args[1]);
  if (args[1] < 0) return;
  args[1] = args[1] + 1 + (frame[0] & 1);
  recurse(args);
  frame[1] = static_cast<char>(args[1]);
}

// address: writes one byte to it
HAL_KERNEL(write_byte) { *reinterpret_cast<volatile uint8_t *>(hal_arg_scalar<uint64_t>(args, 0)) = 1; }
