// SPDX-License-Identifier: Apache-2.0
//
// The Python object for shared memory: a block, and the shape and type of its elements.
#ifndef NPUHAL_SHARED_OBJECT_HPP_
#define NPUHAL_SHARED_OBJECT_HPP_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared_block.hpp"

namespace npuhal {

class SharedObject {
 public:
  // format and item_bytes describe an element as the struct module does, dtype is its HAL_DTYPE_*. The shape must fit
  // into the block.
  SharedObject(std::shared_ptr<SharedBlock> block, std::shared_ptr<SharedBlocks> owner, std::vector<Py_ssize_t> shape,
               std::string format, Py_ssize_t item_bytes, hal_dtype_t dtype);

  SharedBlock &block() const noexcept { return *block_; }
  hal_dtype_t dtype() const noexcept { return dtype_; }
  const std::vector<Py_ssize_t> &shape() const noexcept { return shape_; }

  // As the methods of SharedBlock. They also remove the block from the worker's list.
  SharedBlock::Closed close();
  SharedBlock::Closed close_with_last_view();

  // Adds the buffer protocol to the Python type.
  static void set_up_type(PyHeapTypeObject *type);

 private:
  static int get_buffer(PyObject *self, Py_buffer *view, int flags);
  static void release_buffer(PyObject *self, Py_buffer *view);
  void describe(Py_buffer *view, int flags);

  std::shared_ptr<SharedBlock> block_;
  std::shared_ptr<SharedBlocks> owner_;
  std::vector<Py_ssize_t> shape_;
  std::vector<Py_ssize_t> strides_;  // in bytes
  std::string format_;
  Py_ssize_t item_bytes_;
  hal_dtype_t dtype_;
};

}  // namespace npuhal

#endif  // NPUHAL_SHARED_OBJECT_HPP_
