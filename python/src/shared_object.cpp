// SPDX-License-Identifier: Apache-2.0
#include "shared_object.hpp"

#include <unistd.h>

#include <utility>

#include "errors.hpp"
#include "gil.hpp"

namespace py = pybind11;

namespace npuhal {

SharedObject::SharedObject(std::shared_ptr<SharedBlock> block, std::shared_ptr<SharedBlocks> owner,
                           std::vector<Py_ssize_t> shape, std::string format, Py_ssize_t item_bytes, hal_dtype_t dtype)
    : block_(std::move(block)),
      owner_(std::move(owner)),
      shape_(std::move(shape)),
      strides_(shape_.size()),
      format_(std::move(format)),
      item_bytes_(item_bytes),
      dtype_(dtype) {
  Py_ssize_t step = item_bytes_;
  for (std::size_t i = shape_.size(); i-- > 0; step *= shape_[i]) strides_[i] = step;
}

SharedBlock::Closed SharedObject::close() {
  refuse_forked_child(block_->process());
  const SharedBlock::Closed closed = block_->close();
  if (closed != SharedBlock::Closed::kHasViews) owner_->remove(*block_);
  return closed;
}

SharedBlock::Closed SharedObject::close_with_last_view() {
  refuse_forked_child(block_->process());
  const SharedBlock::Closed closed = block_->close_with_last_view();
  owner_->remove(*block_);
  return closed;
}

void SharedObject::describe(Py_buffer *view, int flags) {
  view->itemsize = item_bytes_;
  if ((flags & PyBUF_FORMAT) != 0) view->format = format_.data();
  if ((flags & PyBUF_ND) == 0) return;
  view->ndim = static_cast<int>(shape_.size());
  view->shape = shape_.data();
  if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) view->strides = strides_.data();
}

int SharedObject::get_buffer(PyObject *self, Py_buffer *view, int flags) {
  view->obj = nullptr;
  SharedObject *object = nullptr;
  try {
    object = py::handle(self).cast<SharedObject *>();
  } catch (const std::exception &failure) {
    PyErr_SetString(PyExc_BufferError, failure.what());
    return -1;
  }
  SharedBlock &block = *object->block_;
  if ((flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS && object->shape_.size() > 1) {
    PyErr_SetString(PyExc_BufferError, "shared memory has C order; request C order, or copy it");
    return -1;
  }
  if (!block.add_view()) {
    PyErr_SetString(PyExc_ValueError, "this shared memory is closed; allocate new memory");
    return -1;
  }
  if (PyBuffer_FillInfo(view, self, block.host_ptr(), static_cast<Py_ssize_t>(block.size_bytes()), 0, flags) != 0) {
    block.drop_view();
    return -1;
  }
  object->describe(view, flags);
  return 0;
}

// If the memory is closed, releasing its last view frees it, and may close the device.
void SharedObject::release_buffer(PyObject *self, Py_buffer * /*view*/) {
  const std::shared_ptr<SharedBlock> block = py::handle(self).cast<SharedObject &>().block_;
  if (block->process() != ::getpid()) return;
  without_gil([&block] { block->drop_view(); });
}

void SharedObject::set_up_type(PyHeapTypeObject *type) {
  type->as_buffer.bf_getbuffer = get_buffer;
  type->as_buffer.bf_releasebuffer = release_buffer;
  type->ht_type.tp_as_buffer = &type->as_buffer;
}

}  // namespace npuhal
