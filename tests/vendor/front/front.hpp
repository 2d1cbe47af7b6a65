// SPDX-License-Identifier: Apache-2.0
//
// One vendor-named function each, with the vendor's signature; STANDIN_RELEASE says which of them the release declares.
// As a link-time stub all of them only say that they are one.
#pragma once

#include "../engine/api.hpp"
#include "../engine/codes.hpp"

#define VENDOR(type) extern "C" __attribute__((visibility("default"))) type

#ifdef STANDIN_STUB
#pragma GCC diagnostic ignored "-Wunused-parameter"  // a stub looks at none
#define ANSWER(expression, ...) return standin::code::stub_library
#define PLAIN(expression, otherwise) return otherwise
#else
#define ANSWER(expression, ...)                                  \
  standin::Entry entry(STANDIN_FAMILY, __func__, {__VA_ARGS__}); \
  if (entry.refused()) return entry.refusal();                   \
  return entry.done(standin::expression)
// For the few that answer no code.
#define PLAIN(expression, otherwise)                  \
  standin::Entry entry(STANDIN_FAMILY, __func__, {}); \
  if (entry.refused()) {                              \
    entry.refusal();                                  \
    return otherwise;                                 \
  }                                                   \
  auto answer = standin::expression;                  \
  entry.done(0);                                      \
  return answer
#endif
