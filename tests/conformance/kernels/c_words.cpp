// SPDX-License-Identifier: Apache-2.0
//
// Plain functions, for HAL_CONVENTION_C.
#include <stdint.h>

#define PLAIN extern "C" __attribute__((visibility("default"))) void

PLAIN c_every_dtype(int64_t *out, float f32, int32_t i32, int16_t i16, int8_t i8, uint8_t u8, int64_t i64, uint64_t u64,
                    uint16_t u16, uint32_t u32, bool flag) {
  union {
    float value;
    uint32_t bits;
  } word = {f32};
  const int64_t all[] = {word.bits, i32, i16, i8, u8, i64, static_cast<int64_t>(u64), u16, u32, flag ? 1 : 0};
  for (int i = 0; i < 10; ++i) out[i] = all[i];
}

// More parameters of both sorts than there are registers, alternating.
PLAIN c_many(double *out, float a, int32_t b, float c, int64_t d, float e, uint16_t f, float g, int8_t h, float i,
             int32_t j, float k, int64_t l, float m, int32_t n, float o, int16_t p, float q, int32_t r, float s,
             uint8_t t, const float *v, float u) {
  const double all[] = {a,  static_cast<double>(b),
                        c,  static_cast<double>(d),
                        e,  static_cast<double>(f),
                        g,  static_cast<double>(h),
                        i,  static_cast<double>(j),
                        k,  static_cast<double>(l),
                        m,  static_cast<double>(n),
                        o,  static_cast<double>(p),
                        q,  static_cast<double>(r),
                        s,  static_cast<double>(t),
                        *v, u};
  for (int index = 0; index < 22; ++index) out[index] = all[index];
}

PLAIN c_nothing() {}
