// SPDX-License-Identifier: Apache-2.0
//
// Given with -include to a host compiler, this makes a kernel source an object of the stand-in runtime: it defines what
// the vendor's compiler has, so that hal/kernel.h takes its vendor branch, and marks the object in an ELF note. The
// stand-in takes no other object, and no vendor runtime takes this one.
//   -DSTANDIN_CHIP="\"a2a3\"" or "\"a5\""   the chip that the object is for; needed
//   -DHAL_KERNEL_ENGINE="\"aic\""           the engine; aiv if not given
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

// Filled by the runtime before each block. One per object: weak, so that several sources of one object share it.
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

// Ends the launch as a core exception or as a core time-out would. A real crash or hang does the same.
#define STANDIN_STOP_EXCEPTION 2
#define STANDIN_STOP_TIMEOUT 3
static inline void standin_stop(int how) { standin_kernel_state_v1.stop(how); }

// The kinds of a plain function's parameters, written behind it. A core takes each parameter from its 8 bytes; a host
// that calls the function has to know which of them go into which register.
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
