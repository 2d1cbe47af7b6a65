// SPDX-License-Identifier: Apache-2.0
//
// Runs calls that may block without Python's global lock.
#ifndef NPUHAL_GIL_HPP_
#define NPUHAL_GIL_HPP_

#include <Python.h>

#include <unistd.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace npuhal {

// Acquires the lock again. When the interpreter ends, CPython before 3.14 unwinds a daemon thread here. That would run
// destructors without the lock, so such a thread waits for the end of the process instead, as in CPython 3.14.
inline void acquire_gil(PyThreadState *state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    for (;;) pause();
  }
}

// Runs call() without the lock and returns its result. The caller holds the lock. A destructor must not acquire the
// lock again: if the interpreter unwinds the thread there, the process terminates.
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
    acquire_gil(state);
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(std::forward<Call>(call)());
    } catch (...) {
      failure = std::current_exception();
    }
    acquire_gil(state);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
}

}  // namespace npuhal

#endif  // NPUHAL_GIL_HPP_
