// SPDX-License-Identifier: Apache-2.0
//
// A host compiler includes this with -include to build a kernel source as an object for the stand-in runtime. It
// defines what the vendor's compiler provides, so that hal/kernel.h uses its vendor branch, and marks the object with
// an ELF note. The stand-in accepts only such objects. A vendor's runtime does not accept them.
//   -DSTANDIN_CHIP="\"a2a3\"" or "\"a5\""   the object's chip; required
//   -DHAL_KERNEL_ENGINE="\"aic\""           the engine; default aiv
#ifndef STANDIN_VENDOR_KERNEL_H_
#define STANDIN_VENDOR_KERNEL_H_

#include <stdint.h>

#ifndef STANDIN_CHIP
#error "define STANDIN_CHIP as \"a2a3\" or \"a5\""
#endif
#ifdef __CPU_SIM
#error "__CPU_SIM selects the simulators' branch of hal/kernel.h: do not define it for the stand-in"
#endif

#define __CCE__ 1
#define __gm__
#define __ubuf__
#define __aicore__
#define __global__ __attribute__((visibility("default")))

// The runtime fills this before each block. It is weak, so that all sources of an object share one.
struct standin_kernel_state {
  uint32_t block_index;
  uint32_t block_count;
  uint32_t sub_block;
  uint32_t sub_block_count;
  void (*stop)(int how);
};
extern "C" {
__attribute__((weak, visibility("default"))) struct standin_kernel_state standin_kernel_state_v1 = {};
}

static inline int64_t get_block_idx() { return standin_kernel_state_v1.block_index; }
static inline int64_t get_block_num() { return standin_kernel_state_v1.block_count; }
static inline int64_t get_subblockid() { return standin_kernel_state_v1.sub_block; }
static inline int64_t get_subblockdim() { return standin_kernel_state_v1.sub_block_count; }

// Ends the launch like a core exception or a core timeout. A real crash or hang does the same.
#define STANDIN_STOP_EXCEPTION 2
#define STANDIN_STOP_TIMEOUT 3
static inline void standin_stop(int how) { standin_kernel_state_v1.stop(how); }

// The kinds of a plain function's parameters. A core reads each parameter from 8 bytes, but the host's calling
// convention depends on the kinds.
template <typename T>
constexpr char standin_kind() {
  if constexpr (sizeof(T) == 8) {
    return 'l';
  } else {
    const bool is_signed = static_cast<T>(-1) < static_cast<T>(0);
    return is_signed ? static_cast<char>('0' + sizeof(T)) : sizeof(T) == 4 ? 'c' : sizeof(T) == 2 ? 'b' : 'a';
  }
}
template <>
constexpr char standin_kind<float>() {
  return 'f';
}
template <>
constexpr char standin_kind<double>() {
  return 'd';
}
template <typename Function>
struct standin_kinds;
template <typename... T>
struct standin_kinds<void(T...)> {
  static constexpr char text[] = {standin_kind<T>()..., '\0'};
};
#define STANDIN_PARAMETERS(name)                                                                 \
  extern "C" __attribute__((visibility("default"))) const char *const standin_parameters_##name; \
  const char *const standin_parameters_##name = standin_kinds<decltype(name)>::text;

#ifndef HAL_KERNEL_ENGINE
#define HAL_KERNEL_ENGINE "aiv"
#endif
#define STANDIN_NOTE "chip=" STANDIN_CHIP "\0engine=" HAL_KERNEL_ENGINE
__attribute__((section(".note.standin"), used, aligned(4))) static const struct {
  uint32_t owner_bytes, payload_bytes, type;
  char owner[8];
  char payload[(sizeof(STANDIN_NOTE) + 3) / 4 * 4];
} standin_note = {8, (sizeof(STANDIN_NOTE) + 3) / 4 * 4, 1, "standin", STANDIN_NOTE};

#endif  // STANDIN_VENDOR_KERNEL_H_
