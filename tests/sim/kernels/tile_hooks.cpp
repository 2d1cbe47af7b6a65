// SPDX-License-Identifier: Apache-2.0
//
// Uses the hooks as the tile library does: by name, in the global scope of its process.
#include <assert.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <string>

#include "hal/kernel.h"

namespace {

using GetContext = void (*)(uint32_t *, uint32_t *, uint32_t *);
using SetContext = void (*)(uint32_t, uint32_t, uint32_t);
using GetCookie = uint64_t (*)();
using GetStorage = void *(*)(std::string, size_t);
using GetSubBlock = uint32_t (*)();
using GetPipe = void *(*)(uint64_t, size_t);

template <typename Function>
Function find(const char *name) {
  void *symbol = dlsym(RTLD_DEFAULT, name);
  assert(symbol != nullptr && "the hook is there");
  return reinterpret_cast<Function>(symbol);
}

uint32_t registrations = 0;
GetSubBlock registered_sub_block = nullptr;
GetPipe registered_pipe = nullptr;

uint64_t variable(const char *name) {
  const char *text = getenv(name);
  return text == nullptr ? 0 : strtoull(text, nullptr, 10);
}

// The compiler cannot know the value.
char *hidden(void *pointer) {
  char *volatile bytes = static_cast<char *>(pointer);
  return bytes;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void pto_sim_register_hooks(void *sub_block, void *pipe) {
  ++registrations;
  registered_sub_block = reinterpret_cast<GetSubBlock>(sub_block);
  registered_pipe = reinterpret_cast<GetPipe>(pipe);
}

// Slot 0: eight words for each block.
HAL_KERNEL(report_context) {
  auto *out = hal_arg_pointer<uint64_t>(args, 0) + 8 * static_cast<uint64_t>(hal_block_index(args));
  uint32_t block = 99, sub_block = 99, sub_block_dim = 99;
  find<GetContext>("pto_cpu_sim_get_execution_context")(&block, &sub_block, &sub_block_dim);
  out[0] = block;
  out[1] = sub_block;
  out[2] = sub_block_dim;
  out[3] = find<GetCookie>("pto_cpu_sim_get_task_cookie")();
  find<SetContext>("pto_cpu_sim_set_execution_context")(block + 7, 1, 2);
  find<GetContext>("pto_cpu_sim_get_execution_context")(&block, &sub_block, &sub_block_dim);
  out[4] = block;
  out[5] = find<GetSubBlock>("pto_sim_get_subblock_id")();
  out[6] = sub_block_dim;
  out[7] = registrations;
}

// Slot 0: six words: UB, L1, L0A, L0B, L0C, cores.
HAL_KERNEL(report_variables) {
  auto *out = hal_arg_pointer<uint64_t>(args, 0);
  const char *names[] = {"PTO_CPU_SIM_UB_BYTES",  "PTO_CPU_SIM_L1_BYTES",  "PTO_CPU_SIM_L0A_BYTES",
                         "PTO_CPU_SIM_L0B_BYTES", "PTO_CPU_SIM_L0C_BYTES", "PTO_CPU_SIM_NUM_CORES"};
  for (int i = 0; i < 6; ++i) out[i] = variable(names[i]);
}

// Slot 0: for each block the address of its storage and of its pipe's state, and the contents of the storage. Slot 1:
// size of the storage in bytes.
HAL_KERNEL(take_storage) {
  auto *out = hal_arg_pointer<uint64_t>(args, 0) + 4 * static_cast<uint64_t>(hal_block_index(args));
  const auto bytes = hal_arg_scalar<uint64_t>(args, 1);
  void *storage = find<GetStorage>("pto_cpu_sim_get_shared_storage")("a key of more than fifteen characters", bytes);
  void *pipe = registered_pipe(0x0123456789abcdef, bytes);
  assert(pipe == find<GetPipe>("pto_sim_get_pipe_shared_state")(0x0123456789abcdef, bytes));
  assert(registered_sub_block() == 0);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < bytes; ++i) sum += static_cast<unsigned char>(static_cast<char *>(pipe)[i]);
  memset(pipe, 0x5a, bytes);
  out[0] = reinterpret_cast<uint64_t>(storage);
  out[1] = reinterpret_cast<uint64_t>(pipe);
  out[2] = sum;
  out[3] = bytes < 4 ? 0 : reinterpret_cast<std::atomic<unsigned char> *>(storage)[bytes - 1].fetch_add(1);
}

// Slot 0: size in bytes, slot 1: the byte to write.
HAL_KERNEL(write_to_storage) {
  const auto bytes = hal_arg_scalar<uint64_t>(args, 0);
  hidden(find<GetStorage>("pto_cpu_sim_get_shared_storage")("k", bytes))[hal_arg_scalar<uint64_t>(args, 1)] = 1;
}

HAL_KERNEL(grow_storage) {
  auto *out = hal_arg_pointer<uint64_t>(args, 0);
  const auto get = find<GetStorage>("pto_cpu_sim_get_shared_storage");
  out[0] = get("k", 64) != nullptr;
  out[1] = get("k", 32) == get("k", 64);
  out[2] = get("k", 65) == nullptr;
}
