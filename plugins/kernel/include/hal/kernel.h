// SPDX-License-Identifier: Apache-2.0
//
// hal/kernel.h: for kernel authors. One source compiles for every backend. C++17. Kernels link nothing of libhal.
//
//   #include "hal/kernel.h"
//   HAL_KERNEL(add_one) {                                  // the body has one parameter: int64_t *args
//     HAL_GM float *x = hal_arg_pointer<float>(args, 0);   // tensors come first …
//     auto n = hal_arg_scalar<uint32_t>(args, 1);          // … then scalars
//     for (uint32_t i = hal_block_index(args); i < n; i += hal_block_count(args)) x[i] += 1.0f;
//   }
//
// args has 50 words: the tensors, then the scalars, then zeros. Words 48 and 49 hold the addresses of the block's and
// the core's contexts. Read args with the functions below. Each block has its own copy of the words and the contexts,
// so a block may overwrite them. They are valid until the block ends.
//
// A host compiler makes the entry for the simulators: extern "C" void add_one(int64_t *args). The vendor's compiler
// makes a __global__ __aicore__ entry, which takes the address of the first 48 words and builds the contexts on its
// stack.
#ifndef HAL_KERNEL_H_
#define HAL_KERNEL_H_

#include <stdint.h>

#define HAL_ARGS_WORDS 50
#define HAL_ARGS_PARAMETER_WORDS 48
#define HAL_ARGS_LOCAL_CONTEXT 48
#define HAL_ARGS_GLOBAL_CONTEXT 49

// The first words of the block's context. The words after them belong to the runtime; a simulator leaves them zero.
struct HalLocalContext {
  int32_t block_index;
  int32_t block_count;
};

// The first word of the core's context. The words after it belong to the runtime; a simulator leaves them zero.
struct HalGlobalContext {
  int32_t sub_block_id;
};

// A tensor's word points to this under HAL_CONVENTION_ARGS_DESCRIPTORS. It has 128 bytes, is aligned to 64 bytes and
// lies in device memory. It is valid until the launch completes.
struct HalTensorDescriptor {
  uint64_t address;
  uint64_t size_bytes;
  uint64_t owner;         // all bits set: external
  uint64_t start_offset;  // in elements
  int32_t version;
  uint32_t rank;
  uint8_t dtype;  // HAL_DTYPE_*
  uint8_t manual_dependency;
  uint8_t contiguous;
  uint8_t space;  // 0: host, 1: device
  uint32_t shape[5];
  uint64_t extent;      // in elements
  uint32_t strides[5];  // in elements
  uint8_t padding[36];
};
static_assert(sizeof(HalTensorDescriptor) == 128, "other runtimes use the same layout");

// HAL_GM              qualifies a pointer to device memory.
// HAL_DEVICE_FUNCTION precedes a function that kernels call.
// HAL_KERNEL(name)    begins the definition of a kernel. The function body follows it and has the parameter
//                     int64_t *args. The kernel is exported under `name`.
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

// A note in the object names the backend and the engine that it was built for; hal_add_kernel defines both macros. On
// board, the note also means that the kernels take the address of the argument words. An object without a note can be
// launched there with HAL_CONVENTION_C only.
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

// Returns the pointer of tensor `slot`: the tensor's data, or, under HAL_CONVENTION_ARGS_DESCRIPTORS with
// T = HalTensorDescriptor, its descriptor. slot: the argument's index in the launch, from 0. It is not checked.
template <typename T>
HAL_DEVICE_FUNCTION HAL_GM T *hal_arg_pointer(const int64_t *args, int slot) {
  return reinterpret_cast<HAL_GM T *>(args[slot]);
}

// Returns the scalar of word `slot`. T: the type that the launch passed, at most 64 bits; floating-point numbers are
// passed as their bits. slot: the argument's index in the launch, from 0; tensors count. It is not checked.
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

// Returns the index of the running block, from 0.
HAL_DEVICE_FUNCTION uint32_t hal_block_index(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalLocalContext *>(args[HAL_ARGS_LOCAL_CONTEXT])->block_index);
}

// Returns the number of blocks of the launch.
HAL_DEVICE_FUNCTION uint32_t hal_block_count(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalLocalContext *>(args[HAL_ARGS_LOCAL_CONTEXT])->block_count);
}

// Returns the id of the core within its AI core (get_subblockid on hardware). It is 0 on the simulators.
HAL_DEVICE_FUNCTION uint32_t hal_sub_block_id(const int64_t *args) {
  return static_cast<uint32_t>(reinterpret_cast<const HalGlobalContext *>(args[HAL_ARGS_GLOBAL_CONTEXT])->sub_block_id);
}

#endif  // HAL_KERNEL_H_
