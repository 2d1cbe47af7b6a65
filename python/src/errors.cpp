// SPDX-License-Identifier: Apache-2.0
#include "errors.hpp"

#include <pybind11/pybind11.h>
#include <unistd.h>

#include <utility>

namespace py = pybind11;

namespace npuhal {
namespace {

// A path in a message may have bytes that are not UTF-8.
py::object text_of(const std::string &text) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace"));
}

void raise(const hal::ErrorInfo &info) {
  const bool has_block = (info.fault_flags & HAL_FAULT_HAS_BLOCK) != 0;
  const bool has_address = (info.fault_flags & HAL_FAULT_HAS_ADDR) != 0;
  const char *access = (info.fault_flags & HAL_FAULT_WRITE) != 0  ? "write"
                       : (info.fault_flags & HAL_FAULT_READ) != 0 ? "read"
                                                                  : "";
  const py::object make = py::module_::import("npuhal._errors").attr("error_of");
  const py::object error =
      make(info.status, hal_status_string(info.status), info.native_code, info.native_domain, info.component,
           info.function, text_of(info.message), text_of(info.hint), text_of(info.kernel),
           has_block ? py::cast(info.block) : py::none(), has_address ? py::cast(info.fault_addr) : py::none(), access);
  PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(error.ptr())), error.ptr());
}

}  // namespace

void translate_errors() {
  // NOLINTNEXTLINE(performance-unnecessary-value-param): the parameter's type is pybind11's.
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const hal::Error &error) {
      raise(error.info());
    }
  });
}

void fail(hal_status_t status, const char *function, std::string message, std::string hint) {
  throw hal::Error({status, 0, "", "npuhal", function, std::move(message), std::move(hint)});
}

void refuse_forked_child(pid_t owner) {
  if (::getpid() == owner) return;
  hal::check(hal_init(HAL_ABI_DRAFT));
  hal::check(hal_shutdown());
}

}  // namespace npuhal
