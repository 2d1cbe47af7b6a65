// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

#include "shared_object.hpp"

namespace py = pybind11;

namespace npuhal {
namespace {

constexpr std::size_t kMaxRank = 5;

std::string type_name(const py::handle &value) { return Py_TYPE(value.ptr())->tp_name; }

// Returns the integer type with that sign and size. The size is needed because that of 'l' depends on the machine.
std::optional<hal_dtype_t> integer_of(bool is_signed, Py_ssize_t size) {
  switch (size) {
    case 1:
      return is_signed ? HAL_DTYPE_I8 : HAL_DTYPE_U8;
    case 2:
      return is_signed ? HAL_DTYPE_I16 : HAL_DTYPE_U16;
    case 4:
      return is_signed ? HAL_DTYPE_I32 : HAL_DTYPE_U32;
    case 8:
      return is_signed ? HAL_DTYPE_I64 : HAL_DTYPE_U64;
    default:
      return std::nullopt;
  }
}

// Returns the element type of a buffer, if kernels support it.
std::optional<hal_dtype_t> dtype_of(const Py_buffer &buffer) {
  std::string_view format = buffer.format == nullptr ? "B" : buffer.format;
  if (buffer.itemsize > 1 && (format.starts_with('>') || format.starts_with('!'))) return std::nullopt;
  if (!format.empty() && std::strchr("@=<>!", format.front()) != nullptr) format.remove_prefix(1);
  if (format.size() != 1) return std::nullopt;
  switch (format.front()) {
    case 'f':
      return HAL_DTYPE_F32;
    case 'e':
      return HAL_DTYPE_F16;
    case '?':
      return HAL_DTYPE_BOOL;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
      return integer_of(true, buffer.itemsize);
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q':
      return integer_of(false, buffer.itemsize);
    default:
      return std::nullopt;
  }
}

std::string element_name(const py::handle &data, const Py_buffer &buffer) {
  if (py::hasattr(data, "dtype")) return py::str(data.attr("dtype"));
  return std::string("format '") + (buffer.format == nullptr ? "B" : buffer.format) + "'";
}

constexpr const char *kTypes =
    "kernels support float32, float16, bool and integers of 8 to 64 bits in this machine's byte order; convert it, for "
    "example with .astype(numpy.float32)";

void take_buffer(const py::handle &data, const std::string &name, Py_buffer *buffer) {
  if (PyObject_GetBuffer(data.ptr(), buffer, PyBUF_FORMAT | PyBUF_STRIDES) == 0) return;
  const py::error_already_set failure;
  throw py::type_error(name + ": a " + type_name(data) + " is not a buffer (" + failure.what() +
                       "); give a NumPy array, SharedMemory or another object with the buffer protocol");
}

void check_layout(const Py_buffer &buffer, bool writable, const std::string &name) {
  if (writable && buffer.readonly != 0)
    throw py::value_error(name +
                          ": the data are read-only, but the call writes them; give a writable array, such as a copy");
  if (PyBuffer_IsContiguous(&buffer, 'C') == 0)
    throw py::value_error(name +
                          ": the data are not contiguous in C order (they are a slice or transposed); give "
                          "numpy.ascontiguousarray(…), and copy a result back");
}

hal::Shape shape_of(const Py_buffer &buffer, const std::string &name) {
  const auto rank = static_cast<std::size_t>(buffer.ndim);
  if (rank == 0)
    throw py::value_error(name +
                          ": the array has no dimension; pass a scalar as a NumPy scalar, such as numpy.int32(3)");
  if (rank > kMaxRank)
    throw py::value_error(name + ": the array has " + std::to_string(rank) + " dimensions, the limit is " +
                          std::to_string(kMaxRank) + "; use reshape");
  std::vector<std::uint64_t> dims(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    dims[i] = static_cast<std::uint64_t>(buffer.shape[i]);
    if (dims[i] == 0)
      throw py::value_error(name + ": dimension " + std::to_string(i) + " of the array is 0; leave the argument out");
  }
  return hal::Shape(std::span<const std::uint64_t>(dims));
}

hal::Argument scalar_of(hal_dtype_t dtype, std::uint64_t bits) {
  hal_arg_t raw{};
  raw.type = HAL_ARG_SCALAR;
  raw.dtype = dtype;
  raw.u.bits = bits;
  return raw;
}

hal::Argument integer_scalar(const py::handle &value, const std::string &name) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow == 0) return hal::scalar(static_cast<std::int64_t>(number));
  if (overflow > 0) {
    const unsigned long long big = PyLong_AsUnsignedLongLong(value.ptr());
    if (PyErr_Occurred() == nullptr) return hal::scalar(static_cast<std::uint64_t>(big));
    PyErr_Clear();
  }
  throw py::value_error(name + ": " + std::string(py::str(value)) + " does not fit in 64 bits");
}

hal::Argument float_scalar(const py::handle &value, const std::string &name) {
  const double number = PyFloat_AsDouble(value.ptr());
  const auto narrow = static_cast<float>(number);
  if (std::isinf(narrow) && !std::isinf(number))
    throw py::value_error(name + ": " + std::string(py::str(value)) +
                          " exceeds the range of float32, to which a Python float is converted");
  return hal::scalar(narrow);
}

}  // namespace

std::uint8_t access_of(const std::string &text) {
  if (text == "r") return HAL_ACCESS_READ;
  if (text == "w") return HAL_ACCESS_WRITE;
  if (text == "rw") return hal::kReadWrite;
  throw py::value_error("access is '" + text + "'; it can be 'r', 'w' or 'rw'");
}

Arguments::Arguments(const py::sequence &values) {
  const std::size_t count = values.size();
  arguments_.reserve(count);
  try {
    for (std::size_t i = 0; i < count; ++i) add(values[i], "argument " + std::to_string(i));
  } catch (...) {
    for (Py_buffer &buffer : buffers_) PyBuffer_Release(&buffer);
    throw;
  }
}

Arguments::~Arguments() {
  for (Py_buffer &buffer : buffers_) PyBuffer_Release(&buffer);
}

void Arguments::add(const py::handle &value, const std::string &name) {
  if (py::isinstance<In>(value)) return add_host(value.cast<In &>(), HAL_ACCESS_READ, name + " (In)");
  if (py::isinstance<Out>(value)) return add_host(value.cast<Out &>(), HAL_ACCESS_WRITE, name + " (Out)");
  if (py::isinstance<InOut>(value)) return add_host(value.cast<InOut &>(), hal::kReadWrite, name + " (InOut)");
  if (py::isinstance<SharedObject>(value)) return add_shared(value, name);
  if (py::isinstance<DeviceTensor>(value)) {
    const auto &tensor = value.cast<const DeviceTensor &>();
    arguments_.push_back(hal::device(tensor.addr, hal::Shape(std::span<const std::uint64_t>(tensor.shape)),
                                     tensor.dtype, tensor.access));
    return;
  }
  if (py::isinstance<DeviceMemory>(value)) {
    const auto &memory = value.cast<const DeviceMemory &>();
    arguments_.push_back(hal::device_bytes(memory.addr, memory.size_bytes, memory.access));
    return;
  }
  if (py::isinstance<Address>(value)) {
    arguments_.emplace_back(hal::address(value.cast<const Address &>().addr));
    return;
  }
  if (add_scalar(value, name)) return;
  const bool has_buffer = PyObject_CheckBuffer(value.ptr()) != 0;
  throw py::type_error(name + ": a " + type_name(value) +
                       (has_buffer ? " does not say how the kernel accesses it; give In(…), Out(…) or InOut(…)"
                                   : " is not a kernel argument; give In, Out or InOut of an array, SharedMemory, "
                                     "DeviceTensor, DeviceMemory, Address, a NumPy scalar, an int, a float or a bool"));
}

void Arguments::add_host(const HostData &host, std::uint8_t access, const std::string &name) {
  Py_buffer buffer;
  take_buffer(host.data, name, &buffer);
  buffers_.push_back(buffer);  // buffers_ releases it
  check_layout(buffer, (access & HAL_ACCESS_WRITE) != 0, name);
  std::optional<hal_dtype_t> dtype = dtype_of(buffer);
  if (!dtype) throw py::type_error(name + ": the elements are " + element_name(host.data, buffer) + "; " + kTypes);
  if (host.dtype) {
    if (buffer.itemsize != 2)
      throw py::type_error(name + ": bfloat16 needs elements of 2 bytes, such as numpy.uint16, not " +
                           element_name(host.data, buffer));
    dtype = host.dtype;
  }
  arguments_.emplace_back(buffer.buf, shape_of(buffer, name), *dtype, access);
}

void Arguments::add_shared(const py::handle &value, const std::string &name) {
  const auto &shared = value.cast<const SharedObject &>();
  if (shared.block().closed())
    throw py::value_error(name +
                          ": this shared memory is closed, and other memory may have its address; close it after the "
                          "launches that use it");
  std::vector<std::uint64_t> shape(shared.shape().begin(), shared.shape().end());
  owners_.push_back(py::reinterpret_borrow<py::object>(value));
  arguments_.push_back(hal::device(shared.block().device_addr(), hal::Shape(std::span<const std::uint64_t>(shape)),
                                   shared.dtype(), hal::kReadWrite));
}

bool Arguments::add_scalar(const py::handle &value, const std::string &name) {
  static const py::handle generic = py::object(py::module_::import("numpy").attr("generic")).release();
  if (PyBool_Check(value.ptr())) {
    arguments_.emplace_back(hal::scalar(value.ptr() == Py_True));
  } else if (PyObject_IsInstance(value.ptr(), generic.ptr()) == 1) {
    Py_buffer buffer;
    take_buffer(value, name, &buffer);
    // NumPy gives scalars of a kind that has no format, such as datetime64, as an array of bytes.
    const std::optional<hal_dtype_t> dtype =
        buffer.ndim == 0 && buffer.format != nullptr ? dtype_of(buffer) : std::nullopt;
    std::uint64_t bits = 0;
    if (dtype) std::memcpy(&bits, buffer.buf, static_cast<std::size_t>(buffer.itemsize));
    PyBuffer_Release(&buffer);
    if (!dtype) throw py::type_error(name + ": the scalar is a " + type_name(value) + "; " + kTypes);
    arguments_.push_back(scalar_of(*dtype, bits));
  } else if (PyLong_Check(value.ptr())) {
    arguments_.push_back(integer_scalar(value, name));
  } else if (PyFloat_Check(value.ptr())) {
    arguments_.push_back(float_scalar(value, name));
  } else {
    return false;
  }
  return true;
}

Bytes::Bytes(const py::handle &data, bool writable, const std::string &name) {
  take_buffer(data, name, &buffer_);
  try {
    check_layout(buffer_, writable, name);
    if (buffer_.len == 0) throw py::value_error(name + " is empty");
  } catch (...) {
    PyBuffer_Release(&buffer_);
    throw;
  }
}

Bytes::~Bytes() { PyBuffer_Release(&buffer_); }

}  // namespace npuhal
