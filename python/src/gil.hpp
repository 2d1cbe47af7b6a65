// SPDX-License-Identifier: Apache-2.0
//
// Calls that may block run without Python's global lock.
#ifndef NPUHAL_GIL_HPP_
#define NPUHAL_GIL_HPP_

#include <Python.h>

#include <unistd.h>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace npuhal {

// Takes the lock back. While the interpreter ends, CPython before 3.14 ends a daemon thread here by unwinding it, which
// would run the destructors of the frames below without the lock; such a thread waits for the end of the process
// instead, as it does from 3.14 on.
inline void take_gil_back(PyThreadState *state) {
  try {
    PyEval_RestoreThread(state);
  } catch (...) {
    for (;;) pause();
  }
}

// Gives what call() gives, run without the lock; the caller holds it. The lock is not taken back in a destructor, which
// would end the process where the interpreter ends the thread.
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
    take_gil_back(state);
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(std::forward<Call>(call)());
    } catch (...) {
      failure = std::current_exception();
    }
    take_gil_back(state);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
}

}  // namespace npuhal

#endif  // NPUHAL_GIL_HPP_
