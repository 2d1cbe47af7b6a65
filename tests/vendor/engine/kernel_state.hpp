// SPDX-License-Identifier: Apache-2.0
//
// The layout of standin_kernel_state in include/vendor_kernel.h, which only kernels may include.
#pragma once

#include <cstdint>

#define STANDIN_STOPPED_EXCEPTION 2
#define STANDIN_STOPPED_TIMEOUT 3

namespace standin {
struct KernelState {
  std::uint32_t block_index, block_count, sub_block, sub_block_count;
  void (*stop)(int how);
};
}  // namespace standin
