// SPDX-License-Identifier: Apache-2.0
//
// Calls that may block run without Python's global lock.
#ifndef NPUHAL_GIL_HPP_
#define NPUHAL_GIL_HPP_

#include <Python.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace npuhal {

// Gives what call() gives, run without the lock; the caller holds it. The lock is not taken back in a destructor: while
// the interpreter ends, taking it ends a daemon thread by unwinding, which a destructor does not let through.
template <typename Call>
auto without_gil(Call &&call) {
  using Result = std::invoke_result_t<Call>;
  std::exception_ptr failure;
  PyThreadState *state = PyEval_SaveThread();
  if constexpr (std::is_void_v<Result>) {
    try {
      std::forward<Call>(call)();
    } catch (...) {
      failure = std::current_exception();
    }
    PyEval_RestoreThread(state);
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(std::forward<Call>(call)());
    } catch (...) {
      failure = std::current_exception();
    }
    PyEval_RestoreThread(state);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
}

}  // namespace npuhal

#endif  // NPUHAL_GIL_HPP_
