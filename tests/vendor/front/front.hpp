// SPDX-License-Identifier: Apache-2.0
//
// Macros for the functions with the vendor's names and signatures. STANDIN_RELEASE selects those that the release
// declares. In a link-time stub, every function returns stub_library.
#pragma once

#include "../engine/api.hpp"
#include "../engine/codes.hpp"

#define VENDOR(type) extern "C" __attribute__((visibility("default"))) type

#ifdef STANDIN_STUB
#pragma GCC diagnostic ignored "-Wunused-parameter"  // a stub does not use its parameters
#define RETURN_CODE(expression, ...) return standin::code::stub_library
#define RETURN_VALUE(expression, otherwise) return otherwise
#else
#define RETURN_CODE(expression, ...)                             \
  standin::Entry entry(STANDIN_FAMILY, __func__, {__VA_ARGS__}); \
  if (entry.refused()) return entry.refusal();                   \
  return entry.done(standin::expression)
// For the functions that do not return a code.
#define RETURN_VALUE(expression, otherwise)           \
  standin::Entry entry(STANDIN_FAMILY, __func__, {}); \
  if (entry.refused()) {                              \
    entry.refusal();                                  \
    return otherwise;                                 \
  }                                                   \
  auto result = standin::expression;                  \
  entry.done(0);                                      \
  return result
#endif
