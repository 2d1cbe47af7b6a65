// SPDX-License-Identifier: Apache-2.0
//
// Kernels of the stand-in's own tests, written for the vendor's compiler, without libhal.
#include <cstdint>

#define KERNEL extern "C" __global__ __aicore__ void

// Every block writes its index, the number of blocks and the three words.
KERNEL report(__gm__ int64_t *out, int64_t b, int64_t c) {
  __gm__ int64_t *mine = out + 4 * get_block_idx();
  mine[0] = get_block_idx();
  mine[1] = get_block_num();
  mine[2] = b;
  mine[3] = c;
}

// words: the address of {out, n, values[n]} inside the launch's arguments
KERNEL follow(__gm__ const int64_t *words) {
  auto *out = reinterpret_cast<int64_t *>(words[0]);
  for (int64_t i = 0; i < words[1]; ++i) out[i] = words[2 + i];
}

KERNEL add_to_bytes(__gm__ uint8_t *bytes, int64_t count) {
  for (int64_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(bytes[i] + 1);
}

KERNEL touch(__gm__ uint8_t *address) { *address = 1; }
KERNEL fault() { standin_stop(STANDIN_STOP_EXCEPTION); }
KERNEL overrun() { standin_stop(STANDIN_STOP_TIMEOUT); }
KERNEL endless() {
  static volatile int for_ever;
  while (for_ever == 0) {
  }
}
