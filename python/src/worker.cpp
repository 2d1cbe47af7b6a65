// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <cstddef>
#include <exception>
#include <span>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

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

Worker::Worker() { chip_->set_interrupted(interrupted); }

template <typename Call>
auto Worker::call(Call &&body) {
  const pid_t owner = process_;
  const int step = on_main_thread() ? 1 : 0;
  struct Count {
    ~Count() { calls -= step; }
    int &calls;
    int step;
  } const count{main_calls_ += step, step};
  try {
    return without_gil([&] {
      if (owner != 0) refuse_forked_child(owner);
      try {
        return body();
      } catch (const hal::Error &failure) {
        if (const auto used = use(); used != nullptr) used->note_failure(failure.status());
        throw;
      }
    });
  } catch (const hal::Error &) {
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();  // a handler of a signal raised it
    throw;
  }
}

template <typename Held, typename Call>
void Worker::call_with(Held held, Call &&body) {
  const std::uint64_t mark = left_.mark();
  try {
    call([&] { body(*held); });
  } catch (const py::error_already_set &) {
    left_.keep(std::move(held));
    throw;
  }
  left_.release_before(mark);
}

template <typename Call>
hal::KernelBinary Worker::load(Call body) {
  struct Task {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    bool left = false;
    hal::KernelBinary binary;
    std::exception_ptr failure;
  };
  return call([&] {
    if (!on_main_thread()) return body(*chip_);
    const auto task = std::make_shared<Task>();
    auto run = [task, body, chip = chip_, loads_left = loads_left_] {
      hal::KernelBinary binary;
      std::exception_ptr failure;
      attempt(failure, [&] { binary = body(*chip); });
      std::unique_lock lock(task->mutex);
      task->binary = binary;
      task->failure = failure;
      task->done = true;
      task->changed.notify_one();
      if (!task->left) return;
      lock.unlock();
      if (!failure) attempt(failure, [&] { chip->unload(binary); });
      --*loads_left;
    };
    try {
      std::thread(std::move(run)).detach();
    } catch (const std::system_error &) {  // the system has no thread left
      return body(*chip_);
    }
    std::unique_lock lock(task->mutex);
    while (!task->changed.wait_for(lock, kSignalCheck, [&] { return task->done; })) {
      lock.unlock();
      const bool ended = interrupted();
      lock.lock();
      if (!ended) continue;
      if (!task->done) {
        task->left = true;
        ++*loads_left_;
      } else if (!task->failure) {
        chip_->unload(task->binary);
      }
      fail(HAL_ERR_CANCELLED, "load", "a signal ended the wait for the load", "Load it again.");
    }
    if (task->failure) std::rethrow_exception(task->failure);
    return task->binary;
  });
}

// A signal's handler may run inside a call that waits. finalize and reset would then wait for that call.
void Worker::refuse_signal_handler(const char *function) const {
  if (!on_main_thread() || main_calls_ == 0) return;
  fail(HAL_ERR_BUSY, function, "a signal handler called this while the main thread is inside a call of this worker",
       "Raise an exception in the handler, and call this afterwards.");
}

// Pauses the waits for submissions during a reset. After done(), they end with CANCELLED.
class Worker::PausedWaits {
 public:
  explicit PausedWaits(Worker &worker) : worker_(worker) {}
  ~PausedWaits() { end(false); }
  PausedWaits(const PausedWaits &) = delete;
  PausedWaits &operator=(const PausedWaits &) = delete;

  void begin() {
    std::unique_lock lock(worker_.mutex_);
    active_ = worker_.resetting_ = true;
    worker_.reset_changed_.wait(lock, [this] { return worker_.waiters_ == 0; });
  }
  void done() { end(true); }

 private:
  void end(bool was_reset) {
    if (!active_) return;
    const std::lock_guard lock(worker_.mutex_);
    active_ = worker_.resetting_ = false;
    worker_.resets_ += was_reset ? 1 : 0;
    worker_.reset_changed_.notify_all();
  }

  Worker &worker_;
  bool active_ = false;
};

void Worker::init(const std::string &backend, std::optional<std::uint32_t> device) {
  call([&] {
    chip_->init(backend, device.value_or(HAL_DEVICE_DEFAULT));
    std::exception_ptr failure;
    attempt(failure, [&] {
      auto used = std::make_shared<DeviceUse>(chip_->backend_info().name, chip_->device_info().ordinal);
      const std::lock_guard lock(mutex_);
      use_ = std::move(used);
      process_ = use_->process();
    });
    if (!failure) return;
    attempt(failure, [&] { chip_->finalize(); });
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
  refuse_signal_handler("finalize");
  std::uint64_t freed = 0;
  std::exception_ptr first;
  call([&] {
    try {
      chip_->finalize();  // waits for the launches of the worker
    } catch (const hal::Error &failure) {
      // A signal ended the wait; the worker is as before.
      if (failure.status() == HAL_ERR_CANCELLED && failure.info().component == "chip_worker") throw;
      first = std::current_exception();
    }
    const auto used = use();
    if (used == nullptr) return;
    freed = free_blocks(*used, first);
    const std::lock_guard lock(mutex_);
    use_.reset();
    process_ = 0;
  });
  registered_.clear();
  left_.clear();
  submissions_.clear();
  if (first) std::rethrow_exception(first);
  return freed;
}

void Worker::reset() {
  refuse_signal_handler("reset");
  const auto used = use();
  const hal_device_t device = used == nullptr ? nullptr : used->device().handle();
  ResetOfBlocks blocks(device);
  if (blocks.views() != 0) {
    const std::string text = "the device cannot be reset while views of its shared memory live (" +
                             std::to_string(blocks.views()) + "); delete the NumPy arrays and memoryviews first";
    PyErr_SetString(PyExc_BufferError, text.c_str());
    throw py::error_already_set();
  }
  PausedWaits paused(*this);
  call([&] {
    paused.begin();
    const hal_device_info_t info = chip_->device_info();  // throws if the worker is not initialised
    const std::string backend = info.backend;
    const std::uint32_t ordinal = info.ordinal;
    hal::check(hal_device_reset(device));
    blocks.done();
    blocks_->take_all();
    used->note_reset();
    chip_->finalize();
    chip_->init(backend, ordinal);
    paused.done();
  });
  registered_.clear();
  left_.clear();
  submissions_.clear();
}

std::shared_ptr<SharedBlock> Worker::allocate_shared(std::uint64_t size_bytes) {
  return call([&] {
    (void)chip_->device();  // throws if the worker is not initialised
    const auto used = use();
    if (used == nullptr)
      fail(HAL_ERR_FAILED_PRECONDITION, "malloc_host_device_share_mem", "this worker is being finalized",
           "Call init() first.");
    return blocks_->allocate(used, size_bytes);
  });
}

std::optional<std::pair<SharedBlock::Closed, std::uint64_t>> Worker::free_shared(std::uint64_t host_ptr) {
  return call([&]() -> std::optional<std::pair<SharedBlock::Closed, std::uint64_t>> {
    (void)chip_->device();  // throws if the worker is not initialised
    const auto block = blocks_->find(pointer_of(host_ptr));
    if (block == nullptr) return std::nullopt;
    const SharedBlock::Closed closed = block->close();
    if (closed != SharedBlock::Closed::kHasViews) blocks_->remove(*block);
    return std::pair(closed, block->size_bytes());
  });
}

bool Worker::has_shared(std::uint64_t host_ptr) const { return blocks_->find(pointer_of(host_ptr)) != nullptr; }

hal_device_addr_t Worker::allocate(std::uint64_t size_bytes) {
  return call([&] { return chip_->allocate(size_bytes); });
}

void Worker::release(hal_device_addr_t addr) {
  call([&] { chip_->release(addr); });
}

void Worker::copy_to(hal_device_addr_t dst, const py::handle &src) {
  call_with(std::make_unique<Bytes>(src, false, "copy_to: the source"),
            [&](const Bytes &bytes) { chip_->copy_to(dst, bytes.data(), bytes.size_bytes()); });
}

void Worker::copy_from(const py::handle &dst, hal_device_addr_t src) {
  call_with(std::make_unique<Bytes>(dst, true, "copy_from: the destination"),
            [&](const Bytes &bytes) { chip_->copy_from(bytes.data(), src, bytes.size_bytes()); });
}

hal_device_addr_t Worker::register_host(const py::handle &data) {
  auto bytes = std::make_unique<Bytes>(data, true, "register_host: the memory");
  const hal_device_addr_t addr = call([&] { return chip_->register_host(bytes->data(), bytes->size_bytes()); });
  registered_[bytes->data()] = std::move(bytes);
  return addr;
}

void Worker::unregister_host(const py::handle &data) {
  void *start = nullptr;
  {
    const Bytes bytes(data, false, "unregister_host: the memory");
    start = bytes.data();
  }
  call([&] { chip_->unregister_host(start); });
  registered_.erase(start);
}

hal::KernelBinary Worker::load_file(const std::string &path) {
  return load([path](hal::ChipWorker &chip) { return chip.load(path); });
}

hal::KernelBinary Worker::load_bytes(const py::handle &bytes) {
  const Bytes object(bytes, false, "load: the object");
  const auto *begin = static_cast<const std::byte *>(object.data());
  const auto copy = std::make_shared<const std::vector<std::byte>>(begin, begin + object.size_bytes());
  return load([copy](hal::ChipWorker &chip) { return chip.load(std::span(*copy)); });
}

void Worker::unload(hal::KernelBinary binary) {
  call([&] { chip_->unload(binary); });
}

void Worker::run(hal::Kernel kernel, std::unique_ptr<Arguments> arguments, const hal::RunOptions &options) {
  call_with(std::move(arguments), [&](const Arguments &held) { chip_->run(kernel, held.get(), options); });
}

void Worker::submit(hal::Kernel kernel, const std::shared_ptr<Submission> &submission, const hal::RunOptions &options) {
  submissions_.emplace(submission.get(), submission);
  std::exception_ptr failure;
  attempt(failure, [&] {
    call([&] {
      {
        const std::lock_guard lock(mutex_);
        submission->resets = resets_;
      }
      submission->ticket = chip_->submit(kernel, submission->arguments.get(), options);
    });
  });
  if (!failure) return;
  submissions_.erase(submission.get());
  std::rethrow_exception(failure);
}

void Worker::wait(const Submission &submission) {
  std::exception_ptr outcome;
  attempt(outcome, [&] {
    call([&] {
      const OtherReason end_for_reset(resetting_);
      std::unique_lock lock(mutex_);
      for (;;) {
        reset_changed_.wait(lock, [this] { return !resetting_; });
        if (resets_ != submission.resets)
          fail(HAL_ERR_CANCELLED, "submit", "the device was reset before the launch was done", "Submit it again.");
        ++waiters_;
        lock.unlock();
        std::exception_ptr failure;
        attempt(failure, [&] { chip_->wait(submission.ticket); });
        lock.lock();
        --waiters_;
        reset_changed_.notify_all();
        if (!failure) return;
        if (!resetting_) std::rethrow_exception(failure);
      }
    });
  });
  submissions_.erase(&submission);
  if (outcome) std::rethrow_exception(outcome);
}

bool Worker::busy() {
  if (*loads_left_ != 0) return true;
  const auto used = use();
  return used != nullptr &&
         without_gil([&] { return hal_device_wait(used->device().handle(), HAL_TIMEOUT_POLL) == HAL_ERR_TIMEOUT; });
}

void Worker::abandon() {
  struct Kept {
    std::shared_ptr<hal::ChipWorker> chip;
    std::shared_ptr<DeviceUse> use;
    std::unordered_map<void *, std::unique_ptr<Bytes>> registered;
    Left left;
    std::map<const Submission *, std::shared_ptr<Submission>> submissions;
  };
  (void)new Kept{chip_, use(), std::move(registered_), std::move(left_), std::move(submissions_)};
  for (const auto &block : blocks_->take_all()) block->forget();  // freeing it could wait for a launch
}

void Worker::check() {
  call([&] { chip_->check(); });
}

std::optional<std::uint64_t> Worker::query(hal_property_t property) {
  return call([&] { return chip_->query(property); });
}

hal_backend_info_t Worker::backend_info() {
  return call([&] { return chip_->backend_info(); });
}

hal_device_info_t Worker::device_info() {
  return call([&] { return chip_->device_info(); });
}

bool Worker::lost() const {
  const auto used = use();
  return used != nullptr && used->lost();
}

}  // namespace npuhal
