// SPDX-License-Identifier: Apache-2.0
//
// npuhal._core: the classes under the public ones of npuhal. Only modules of this package use them.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "errors.hpp"
#include "hal/names.h"
#include "interrupts.hpp"
#include "shared_object.hpp"
#include "worker.hpp"

namespace py = pybind11;
using namespace py::literals;

namespace npuhal {
namespace {

template <typename Host>
void add_host_data(py::module_ &module, const char *name) {
  py::class_<Host>(module, name)
      .def(py::init([](py::object data, std::optional<int> dtype) {
             return Host{{std::move(data), dtype ? std::optional(static_cast<hal_dtype_t>(*dtype)) : std::nullopt}};
           }),
           "data"_a, "dtype"_a)
      .def_property_readonly("data", [](const Host &host) { return host.data; });
}

void add_arguments(py::module_ &module) {
  add_host_data<In>(module, "In");
  add_host_data<Out>(module, "Out");
  add_host_data<InOut>(module, "InOut");
  py::class_<DeviceTensor>(module, "DeviceTensor")
      .def(py::init([](std::uint64_t addr, std::vector<std::uint64_t> shape, int dtype, const std::string &access) {
             return DeviceTensor{addr, std::move(shape), static_cast<hal_dtype_t>(dtype), access_of(access)};
           }),
           "addr"_a, "shape"_a, "dtype"_a, "access"_a)
      .def_readonly("addr", &DeviceTensor::addr)
      .def_property_readonly("shape", [](const DeviceTensor &tensor) { return py::tuple(py::cast(tensor.shape)); });
  py::class_<DeviceMemory>(module, "DeviceMemory")
      .def(py::init([](std::uint64_t addr, std::optional<std::uint64_t> size, const std::string &access) {
             if (size && *size == 0)
               throw py::value_error(
                   "DeviceMemory: the size is 0 bytes; leave it out to use the memory to the end of the allocation");
             return DeviceMemory{addr, size.value_or(0), access_of(access)};
           }),
           "addr"_a, "size"_a, "access"_a)
      .def_readonly("addr", &DeviceMemory::addr);
  py::class_<Address>(module, "Address")
      .def(py::init([](std::uint64_t addr) { return Address{addr}; }), "addr"_a)
      .def_readonly("addr", &Address::addr);
}

void add_kernels(py::module_ &module) {
  py::class_<hal::Kernel>(module, "Kernel").def_property_readonly("info", [](const hal::Kernel &kernel) {
    const hal_kernel_info_t info = kernel.info();
    return py::make_tuple(info.name, info.engine, info.convention);
  });
  py::class_<hal::KernelBinary>(module, "KernelBinary")
      .def(
          "kernel", [](const hal::KernelBinary &binary, const std::string &name) { return binary.kernel(name); },
          "name"_a);
}

const char *name_of(SharedBlock::Closed closed) {
  switch (closed) {
    case SharedBlock::Closed::kFreed:
      return "freed";
    case SharedBlock::Closed::kFreedOnLostDevice:
      return "freed on a lost device";
    case SharedBlock::Closed::kAlready:
      return "already closed";
    default:
      return "has views";
  }
}

void add_shared_memory(py::module_ &module) {
  py::class_<SharedObject, std::shared_ptr<SharedObject>>(
      module, "SharedObject", py::custom_type_setup([](PyHeapTypeObject *type) { SharedObject::set_up_type(type); }))
      .def(py::init([](Worker &worker, std::uint64_t size, std::vector<Py_ssize_t> shape, std::string format,
                       Py_ssize_t item_bytes, int dtype) {
             return std::make_shared<SharedObject>(worker.allocate_shared(size), worker.shared_blocks(),
                                                   std::move(shape), std::move(format), item_bytes,
                                                   static_cast<hal_dtype_t>(dtype));
           }),
           "worker"_a, "size"_a, "shape"_a, "format"_a, "item_bytes"_a, "dtype"_a)
      .def_property_readonly(
          "host_ptr",
          [](const SharedObject &object) { return reinterpret_cast<std::uintptr_t>(object.block().host_ptr()); })
      .def_property_readonly("device_addr", [](const SharedObject &object) { return object.block().device_addr(); })
      .def_property_readonly("nbytes", [](const SharedObject &object) { return object.block().size_bytes(); })
      .def_property_readonly("views", [](const SharedObject &object) { return object.block().views(); })
      .def_property_readonly("process", [](const SharedObject &object) { return object.block().process(); })
      .def_property_readonly("closed", [](const SharedObject &object) { return object.block().closed(); })
      .def("try_close", [](SharedObject &object) { return name_of(without_gil([&] { return object.close(); })); })
      .def("close_with_last_view",
           [](SharedObject &object) { return name_of(without_gil([&] { return object.close_with_last_view(); })); });
}

hal::RunOptions options_of(std::uint32_t block_count, std::uint64_t engine, std::uint32_t convention,
                           std::uint64_t timeout_ns, const std::optional<std::string> &tag) {
  return {block_count, engine, convention, timeout_ns, tag ? tag->c_str() : nullptr};
}

void add_launches(py::class_<Worker> &worker) {
  worker
      .def(
          "run",
          [](Worker &self, const hal::Kernel &kernel, const py::sequence &values, std::uint32_t block_count,
             std::uint64_t engine, std::uint32_t convention, std::uint64_t timeout_ns,
             const std::optional<std::string> &tag) {
            self.run(kernel, std::make_unique<Arguments>(values),
                     options_of(block_count, engine, convention, timeout_ns, tag));
          },
          "kernel"_a, "values"_a, "block_count"_a, "engine"_a, "convention"_a, "timeout_ns"_a, "tag"_a)
      .def(
          "submit",
          [](Worker &self, const py::object &kernel, const py::sequence &values, std::uint32_t block_count,
             std::uint64_t engine, std::uint32_t convention, std::uint64_t timeout_ns,
             const std::optional<std::string> &tag) {
            auto submission = std::make_shared<Submission>(values, kernel);
            self.submit(kernel.cast<const hal::Kernel &>(), submission,
                        options_of(block_count, engine, convention, timeout_ns, tag));
            return submission;
          },
          "kernel"_a, "values"_a, "block_count"_a, "engine"_a, "convention"_a, "timeout_ns"_a, "tag"_a)
      .def("wait", &Worker::wait, "submission"_a);
}

void add_worker(py::module_ &module) {
  const py::class_<Submission, std::shared_ptr<Submission>> submission(module, "Submission");
  py::class_<Worker> worker(module, "Worker");
  worker.def(py::init<>())
      .def("init", &Worker::init, "backend"_a, "device"_a)
      .def("finalize", &Worker::finalize)
      .def("reset", &Worker::reset)
      .def("malloc", &Worker::allocate, "size"_a)
      .def("free", &Worker::release, "addr"_a)
      .def("copy_to", &Worker::copy_to, "dst"_a, "src"_a)
      .def("copy_from", &Worker::copy_from, "dst"_a, "src"_a)
      .def("register_host", &Worker::register_host, "data"_a)
      .def("unregister_host", &Worker::unregister_host, "data"_a)
      .def("load_file", &Worker::load_file, "path"_a)
      .def("load_bytes", &Worker::load_bytes, "data"_a)
      .def("unload", &Worker::unload, "binary"_a)
      .def("check", &Worker::check)
      .def("query", &Worker::query, "key"_a)
      .def("backend_info",
           [](Worker &self) {
             const hal_backend_info_t info = self.backend_info();
             return py::dict("name"_a = info.name, "arch"_a = info.arch, "kind"_a = info.kind,
                             "version"_a = info.version, "build"_a = info.build, "path"_a = info.path);
           })
      .def("device_info",
           [](Worker &self) {
             const hal_device_info_t info = self.device_info();
             return py::dict("ordinal"_a = info.ordinal, "name"_a = info.name, "soc"_a = info.soc, "arch"_a = info.arch,
                             "executable_format"_a = info.executable_format, "native_api"_a = info.native_api);
           })
      .def(
          "try_free_shared",
          [](Worker &self, std::uint64_t host_ptr) -> std::optional<std::pair<const char *, std::uint64_t>> {
            const auto freed = self.free_shared(host_ptr);
            if (!freed) return std::nullopt;
            return std::pair(name_of(freed->first), freed->second);
          },
          "host_ptr"_a)
      .def("has_shared", &Worker::has_shared, "host_ptr"_a)
      .def("busy", &Worker::busy)
      .def("abandon", &Worker::abandon)
      .def_property_readonly("lost", &Worker::lost)
      .def_property_readonly("initialised", &Worker::initialised);
  add_launches(worker);
}

// The constants of hal.h by their names in lower case.
void add_names(py::module_ &module) {
  py::dict properties;
  py::dict engines;
  py::dict dtypes;
  py::dict conventions;
#define HAL_ADD(constant, upper, lower) names[lower] = py::int_(constant);
#define HAL_ADD_TO(dictionary, each) \
  {                                  \
    py::dict &names = dictionary;    \
    each(HAL_ADD)                    \
  }
  HAL_ADD_TO(properties, HAL_EACH_PROPERTY)
  HAL_ADD_TO(engines, HAL_EACH_ENGINE)
  HAL_ADD_TO(dtypes, HAL_EACH_DTYPE)
  HAL_ADD_TO(conventions, HAL_EACH_CONVENTION)
#undef HAL_ADD_TO
#undef HAL_ADD
  module.attr("PROPERTIES") = properties;
  module.attr("ENGINES") = engines;
  module.attr("DTYPES") = dtypes;
  module.attr("CONVENTIONS") = conventions;
}

}  // namespace
}  // namespace npuhal

PYBIND11_MODULE(_core, module) {
  module.doc() = "The extension module of npuhal. Use npuhal instead.";
  npuhal::note_main_thread();
  npuhal::translate_errors();
  npuhal::add_arguments(module);
  npuhal::add_kernels(module);
  npuhal::add_shared_memory(module);
  npuhal::add_worker(module);
  module.attr("VERSION") = hal_version();
  module.attr("ABI_DRAFT") = hal_abi_draft();
  npuhal::add_names(module);
}
