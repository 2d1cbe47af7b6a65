// SPDX-License-Identifier: Apache-2.0
#include "interrupts.hpp"

#include <pthread.h>
#include <pybind11/pybind11.h>

#include <cstdint>

namespace py = pybind11;

namespace npuhal {
namespace {

std::uintptr_t main_thread = 0;
thread_local const std::atomic<bool> *other_reason = nullptr;

}  // namespace

void note_main_thread() {
  main_thread = py::module_::import("threading").attr("main_thread")().attr("ident").cast<std::uintptr_t>();
}

bool on_main_thread() noexcept { return static_cast<std::uintptr_t>(pthread_self()) == main_thread; }

bool interrupted() {
  if (!on_main_thread()) return other_reason != nullptr && other_reason->load();
  const PyGILState_STATE state = PyGILState_Ensure();
  const bool raised = PyErr_CheckSignals() != 0;
  PyGILState_Release(state);
  return raised;
}

OtherReason::OtherReason(const std::atomic<bool> &reason) { other_reason = &reason; }
OtherReason::~OtherReason() { other_reason = nullptr; }

}  // namespace npuhal
