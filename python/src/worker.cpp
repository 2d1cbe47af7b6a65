// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <exception>
#include <span>
#include <utility>

#include "errors.hpp"

namespace py = pybind11;

namespace npuhal {
namespace {

const void *pointer_of(std::uint64_t address) {
  return reinterpret_cast<const void *>(static_cast<std::uintptr_t>(address));
}

template <typename Step>
void attempt(std::exception_ptr &first, Step step) {
  try {
    step();
  } catch (...) {
    if (!first) first = std::current_exception();
  }
}

}  // namespace

std::shared_ptr<DeviceUse> Worker::use() const {
  const std::lock_guard lock(mutex_);
  return use_;
}

template <typename Call>
auto Worker::call(Call &&body) {
  const pid_t owner = process_;
  return without_gil([&] {
    if (owner != 0) refuse_forked_child(owner);
    try {
      return body();
    } catch (const hal::Error &failure) {
      if (const auto used = use(); used != nullptr) used->note_failure(failure.status());
      throw;
    }
  });
}

void Worker::init(const std::string &backend, std::optional<std::uint32_t> device) {
  call([&] {
    chip_.init(backend, device.value_or(HAL_DEVICE_DEFAULT));
    std::exception_ptr failure;
    attempt(failure, [&] {
      auto used = std::make_shared<DeviceUse>(chip_.backend_info().name, chip_.device_info().ordinal);
      const std::lock_guard lock(mutex_);
      use_ = std::move(used);
      process_ = use_->process();
    });
    if (!failure) return;
    attempt(failure, [&] { chip_.finalize(); });
    std::rethrow_exception(failure);
  });
}

// Frees the shared memory and returns its size in bytes. If launches of other workers use it, waits for them.
std::uint64_t Worker::free_blocks(const DeviceUse &used, std::exception_ptr &first) {
  std::uint64_t freed = 0;
  for (const auto &block : blocks_->take_all()) {
    if (block->closed()) continue;
    freed += block->size_bytes();
    attempt(first, [&] {
      try {
        block->close_with_last_view();
      } catch (const hal::Error &failure) {
        if (failure.status() != HAL_ERR_BUSY) throw;
        (void)hal_device_wait(used.device().handle(), HAL_TIMEOUT_FOREVER);
        block->close_with_last_view();
      }
    });
  }
  return freed;
}

std::uint64_t Worker::finalize() {
  std::uint64_t freed = 0;
  std::exception_ptr first;
  call([&] {
    attempt(first, [&] { chip_.finalize(); });  // waits for the launches of the worker
    const auto used = use();
    if (used == nullptr) return;
    freed = free_blocks(*used, first);
    const std::lock_guard lock(mutex_);
    use_.reset();
    process_ = 0;
  });
  registered_.clear();
  if (first) std::rethrow_exception(first);
  return freed;
}

void Worker::reset() {
  const auto used = use();
  const hal_device_t device = used == nullptr ? nullptr : used->device().handle();
  ResetOfBlocks blocks(device);
  if (blocks.views() != 0) {
    const std::string text = "the device cannot be reset while views of its shared memory live (" +
                             std::to_string(blocks.views()) + "); delete the NumPy arrays and memoryviews first";
    PyErr_SetString(PyExc_BufferError, text.c_str());
    throw py::error_already_set();
  }
  call([&] {
    const hal_device_info_t info = chip_.device_info();  // throws if the worker is not initialised
    const std::string backend = info.backend;
    const std::uint32_t ordinal = info.ordinal;
    hal::check(hal_device_reset(device));
    blocks.done();
    blocks_->take_all();
    used->note_reset();
    chip_.finalize();
    chip_.init(backend, ordinal);
  });
  registered_.clear();
}

std::shared_ptr<SharedBlock> Worker::allocate_shared(std::uint64_t size_bytes) {
  return call([&] {
    (void)chip_.device();  // throws if the worker is not initialised
    const auto used = use();
    if (used == nullptr)
      fail(HAL_ERR_FAILED_PRECONDITION, "malloc_host_device_share_mem", "this worker is being finalized",
           "Call init() first.");
    return blocks_->allocate(used, size_bytes);
  });
}

std::optional<std::pair<SharedBlock::Closed, std::uint64_t>> Worker::free_shared(std::uint64_t host_ptr) {
  return call([&]() -> std::optional<std::pair<SharedBlock::Closed, std::uint64_t>> {
    (void)chip_.device();  // throws if the worker is not initialised
    const auto block = blocks_->find(pointer_of(host_ptr));
    if (block == nullptr) return std::nullopt;
    const SharedBlock::Closed closed = block->close();
    if (closed != SharedBlock::Closed::kHasViews) blocks_->remove(*block);
    return std::pair(closed, block->size_bytes());
  });
}

bool Worker::has_shared(std::uint64_t host_ptr) const { return blocks_->find(pointer_of(host_ptr)) != nullptr; }

hal_device_addr_t Worker::allocate(std::uint64_t size_bytes) {
  return call([&] { return chip_.allocate(size_bytes); });
}

void Worker::release(hal_device_addr_t addr) {
  call([&] { chip_.release(addr); });
}

void Worker::copy_to(hal_device_addr_t dst, const py::handle &src) {
  const Bytes bytes(src, false, "copy_to: the source");
  call([&] { chip_.copy_to(dst, bytes.data(), bytes.size_bytes()); });
}

void Worker::copy_from(const py::handle &dst, hal_device_addr_t src) {
  const Bytes bytes(dst, true, "copy_from: the destination");
  call([&] { chip_.copy_from(bytes.data(), src, bytes.size_bytes()); });
}

hal_device_addr_t Worker::register_host(const py::handle &data) {
  auto bytes = std::make_unique<Bytes>(data, true, "register_host: the memory");
  const hal_device_addr_t addr = call([&] { return chip_.register_host(bytes->data(), bytes->size_bytes()); });
  registered_[bytes->data()] = std::move(bytes);
  return addr;
}

void Worker::unregister_host(const py::handle &data) {
  void *start = nullptr;
  {
    const Bytes bytes(data, false, "unregister_host: the memory");
    start = bytes.data();
  }
  call([&] { chip_.unregister_host(start); });
  registered_.erase(start);
}

hal::KernelBinary Worker::load_file(const std::string &path) {
  return call([&] { return chip_.load(path); });
}

hal::KernelBinary Worker::load_bytes(const py::handle &bytes) {
  const Bytes object(bytes, false, "load: the object");
  return call(
      [&] { return chip_.load(std::span(static_cast<const std::byte *>(object.data()), object.size_bytes())); });
}

void Worker::unload(hal::KernelBinary binary) {
  call([&] { chip_.unload(binary); });
}

void Worker::run(hal::Kernel kernel, const Arguments &arguments, const hal::RunOptions &options) {
  call([&] { chip_.run(kernel, arguments.get(), options); });
}

void Worker::submit(hal::Kernel kernel, Submission &submission, const hal::RunOptions &options) {
  call([&] { submission.ticket = chip_.submit(kernel, submission.arguments.get(), options); });
}

void Worker::wait(const Submission &submission) {
  call([&] { chip_.wait(submission.ticket); });
}

void Worker::check() {
  call([&] { chip_.check(); });
}

std::optional<std::uint64_t> Worker::query(hal_property_t property) {
  return call([&] { return chip_.query(property); });
}

hal_backend_info_t Worker::backend_info() {
  return call([&] { return chip_.backend_info(); });
}

hal_device_info_t Worker::device_info() {
  return call([&] { return chip_.device_info(); });
}

bool Worker::lost() const {
  const auto used = use();
  return used != nullptr && used->lost();
}

}  // namespace npuhal
