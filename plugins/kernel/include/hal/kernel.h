// SPDX-License-Identifier: Apache-2.0
//
// For kernel authors: one source for every backend. C++17; nothing of libhal is linked.
//
//   #include "hal/kernel.h"
//   HAL_KERNEL(add_one) {                                  // the body sees: int64_t *args
//     HAL_GM float *x = hal_arg_pointer<float>(args, 0);   // tensors come first …
//     auto n = hal_arg_scalar<uint32_t>(args, 1);          // … then scalars
//     for (uint32_t i = hal_block_index(args); i < n; i += hal_block_count(args)) x[i] += 1.0f;
//   }
//
// args is 50 words: tensors, scalars, zeros, and in slots 48 and 49 the addresses of the block's and the core's
// contexts. A host compiler makes the simulators' entry of it, extern "C" void add_one(int64_t *args). The vendor's
// compiler makes a
// __global__ __aicore__ entry that takes the address of the 48 argument words and builds the contexts on its stack.
#ifndef HAL_KERNEL_H_
#define HAL_KERNEL_H_

#include <stdint.h>

#define HAL_ARGS_WORDS 50
#define HAL_ARGS_PARAMETER_WORDS 48
#define HAL_ARGS_LOCAL_CONTEXT 48
#define HAL_ARGS_GLOBAL_CONTEXT 49

// The contexts' first words; what follows them belongs to the runtime and is zero where there is none.
struct HalLocalContext {
  int32_t block_index;
  int32_t block_count;
};
struct HalGlobalContext {
  int32_t sub_block_id;
};

// What a tensor's word points to under HAL_CONVENTION_ARGS_DESCRIPTORS; 128 bytes, 64-byte aligned, in device memory.
struct HalTensorDescriptor {
  uint64_t address;
  uint64_t size_bytes;
  uint64_t owner;         // all ones = external
  uint64_t start_offset;  // in elements
  int32_t version;
  uint32_t rank;
  uint8_t dtype;  // HAL_DTYPE_*
  uint8_t manual_dependency;
  uint8_t contiguous;
  uint8_t space;  // 0 host, 1 device
  uint32_t shape[5];
  uint64_t extent;      // in elements
  uint32_t strides[5];  // in elements
  uint8_t padding[36];
};
static_assert(sizeof(HalTensorDescriptor) == 128, "the layout is the ecosystem's");

#if defined(__CCE__) && !defined(__CPU_SIM)

#define HAL_GM __gm__
#define HAL_DEVICE_FUNCTION __aicore__ inline
#define HAL_KERNEL(name)                                                          \
  static __aicore__ void hal_body_##name(int64_t *args);                          \
  extern "C" __global__ __aicore__ void name(__gm__ int64_t *words) {             \
    HalLocalContext local = {(int32_t)get_block_idx(), (int32_t)get_block_num()}; \
    HalGlobalContext global = {(int32_t)get_subblockid()};                        \
    int64_t args[HAL_ARGS_WORDS];                                                 \
    for (int i = 0; i < HAL_ARGS_PARAMETER_WORDS; ++i) args[i] = words[i];        \
    args[HAL_ARGS_LOCAL_CONTEXT] = (int64_t)&local;                               \
    args[HAL_ARGS_GLOBAL_CONTEXT] = (int64_t)&global;                             \
    hal_body_##name(args);                                                        \
  }                                                                               \
  static __aicore__ void hal_body_##name([[maybe_unused]] int64_t *args)

#else

#define HAL_GM
#define HAL_DEVICE_FUNCTION inline
#define HAL_KERNEL(name) extern "C" __attribute__((visibility("default"))) void name([[maybe_unused]] int64_t *args)

#endif

// The object says in a note which backend and engine it was built for (hal_add_kernel defines both). On board the note
// also says that the kernels take the address of the argument words: an object without it is launched with convention C
// only.
#ifdef HAL_KERNEL_BACKEND
#ifndef HAL_KERNEL_ENGINE
#define HAL_KERNEL_ENGINE ""
#endif
#define HAL_KERNEL_NOTE "backend=" HAL_KERNEL_BACKEND "\0engine=" HAL_KERNEL_ENGINE
__attribute__((section(".note.libhal"), used, aligned(4))) static const struct {
  uint32_t owner_bytes, payload_bytes, type;
  char owner[8];
  char payload[(sizeof(HAL_KERNEL_NOTE) + 3) / 4 * 4];
} hal_kernel_note = {7, (sizeof(HAL_KERNEL_NOTE) + 3) / 4 * 4, 2, "libhal", HAL_KERNEL_NOTE};
#endif

// The pointer in tensor slot `slot` (ARGS_ARRAY: the data; ARGS_DESCRIPTORS: T = HalTensorDescriptor).
template <typename T>
HAL_DEVICE_FUNCTION HAL_GM T *hal_arg_pointer(const int64_t *args, int slot) {
  return reinterpret_cast<HAL_GM T *>(args[slot]);
}

// The scalar in slot `slot`, as it was passed: integers by value, floating-point numbers by their bits.
template <typename T>
HAL_DEVICE_FUNCTION T hal_arg_scalar(const int64_t *args, int slot) {
  static_assert(sizeof(T) <= 8, "a scalar is at most 64 bits");
  union {
    int64_t bits;
    T value;
  } word;
  word.bits = args[slot];
  return word.value;
}

HAL_DEVICE_FUNCTION uint32_t hal_block_index(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalLocalContext *>(args[HAL_ARGS_LOCAL_CONTEXT])->block_index);
}

HAL_DEVICE_FUNCTION uint32_t hal_block_count(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalLocalContext *>(args[HAL_ARGS_LOCAL_CONTEXT])->block_count);
}

HAL_DEVICE_FUNCTION uint32_t hal_sub_block_id(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalGlobalContext *>(args[HAL_ARGS_GLOBAL_CONTEXT])->sub_block_id);
}

#endif  // HAL_KERNEL_H_
